import type { TenantId } from '@countersign/kernel';
import type { Client } from 'pg';
import { QueryRunnerAlreadyReleasedError, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';

/** One open transaction. `query` takes SQL with `$1` parameters; for insert/update/delete use `returning` to learn the rows. */
export interface Transaction {
  readonly manager: EntityManager;
  /** The rows of the statement, whatever its kind. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Runs after a successful commit, before run() resolves; a failure there is a process warning and cannot undo the commit. */
  afterCommit(callback: () => void): void;
}

/** A transaction that sees one tenant's rows only (row-level security). */
export interface TenantTransaction extends Transaction {
  readonly tenantId: TenantId;
}

/** A transaction of the worker role: queue tables across tenants; every row it writes names its tenant_id itself. */
export type SystemTransaction = Transaction;

/**
 * The only way to the database. `run` opens a transaction in which row-level security shows one tenant's rows;
 * `system` one of the worker role, which sees the queue tables of all tenants and nothing else.
 * Neither retries: a caller that can repeat its work safely uses `retrySerialization`.
 */
export class UnitOfWork {
  constructor(
    private readonly app: DataSource,
    private readonly worker: DataSource,
  ) {}

  run<T>(tenantId: TenantId, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.transact(this.app, async tx => {
      await tx.query(`select set_config('app.tenant_id', $1, true)`, [tenantId]);
      return work(Object.assign(tx, { tenantId }));
    });
  }

  /** @param purpose shown as the transaction's application_name, so that a long one can be found in pg_stat_activity. */
  system<T>(purpose: string, work: (tx: SystemTransaction) => Promise<T>): Promise<T> {
    return this.transact(this.worker, async tx => {
      await tx.query(`select set_config('application_name', $1, true)`, [purpose]);
      return work(tx);
    });
  }

  /** Resolves when both logins answer; used by readiness. */
  async ping(): Promise<void> {
    await Promise.all([this.app.query('select 1'), this.worker.query('select 1')]);
  }

  private async transact<T>(source: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = source.createQueryRunner();
    const refuseFailed = rememberFailures(runner);
    const callbacks: (() => void)[] = [];
    let result: T;
    try {
      await runner.connect();
      await runner.startTransaction();
      const tx: Transaction = {
        manager: runner.manager,
        query: async (sql, parameters) => (await runner.query(sql, parameters, true)).records as never,
        afterCommit: callback => callbacks.push(callback),
      };
      result = await work(tx);
      refuseFailed();
      await runner.commitTransaction();
    } catch (error) {
      if (error instanceof QueryRunnerAlreadyReleasedError) throw new ConnectionLostError(error);
      if (isSilent(error)) await discard(runner);
      else if (runner.isTransactionActive) await rollBack(runner);
      throw error;
    } finally {
      await runner.release();
    }
    callbacks.forEach(runCallback);
    return result;
  }
}

/**
 * PostgreSQL answers the COMMIT of a transaction in which a statement failed with a rollback, and no error: work that caught
 * that failure would pass for committed. So every failure of a statement is remembered, whoever ran it, until a rollback to
 * a savepoint mends it.
 * @returns a check to be made before the commit
 */
function rememberFailures(runner: QueryRunner): () => void {
  let failure: unknown;
  const query = runner.query.bind(runner) as (...args: Parameters<QueryRunner['query']>) => Promise<unknown>;
  runner.query = async (...args: Parameters<QueryRunner['query']>) => {
    try {
      const answer = await query(...args);
      if (/^\s*rollback\s+to\b/i.test(args[0])) failure = undefined;
      return answer as never;
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  return () => {
    if (failure === undefined) return;
    const message = 'A statement of the transaction failed and its failure was caught: nothing can be committed';
    throw Object.assign(new Error(message, { cause: failure }), { code: '25P02' });
  };
}

/** The connection went away in the middle of a transaction, which TypeORM shows as a runner that is released. */
class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  /** SQLSTATE connection_failure. */
  readonly code = '08006';

  constructor(cause: unknown) {
    super('The connection to the database was lost', { cause });
  }
}

/** A connection that cannot be rolled back must not get into the pool again, with the transaction still open. */
async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    await runner.rollbackTransaction();
  } catch {
    await discard(runner);
  }
}

/** The server gave no answer: its connection still waits for it, and whoever got it next would wait behind. */
function isSilent(error: unknown): boolean {
  return error instanceof Error && /Query read timeout/.test(error.message);
}

async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client = (await runner.connect()) as Client;
  await client.end().catch(() => undefined);
}

function runCallback(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
