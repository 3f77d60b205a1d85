import type { TenantId } from '@countersign/kernel';
import type { Client } from 'pg';
import { QueryRunnerAlreadyReleasedError, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { beginWith, TransactionConnection } from './transaction-connection.js';

/** One open transaction. `query` takes SQL with `$1` parameters; for insert/update/delete use `returning` to learn the rows. */
export interface Transaction {
  readonly manager: EntityManager;
  /** The rows of the statement, whatever its kind. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /**
   * The same for a statement of the hot path whose text is always the same: a connection has it parsed and planned once.
   * Not for a text that is put together from a request, of which connections would keep each form; nor for a search whose
   * best plan depends on the values, because after five calls one plan has to do for all.
   */
  prepared<Row = Record<string, unknown>>(sql: string, parameters: unknown[]): Promise<Row[]>;
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
    return this.transact(this.app, beginWith('app.tenant_id', tenantId), tx => work(Object.assign(tx, { tenantId })));
  }

  /** @param purpose shown as the transaction's application_name, so that a long one can be found in pg_stat_activity. */
  system<T>(purpose: string, work: (tx: SystemTransaction) => Promise<T>): Promise<T> {
    return this.transact(this.worker, beginWith('application_name', purpose), work);
  }

  /** Resolves when both logins answer; used by readiness. */
  async ping(): Promise<void> {
    await Promise.all([this.app.query('select 1'), this.worker.query('select 1')]);
  }

  private async transact<T>(source: DataSource, begin: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = source.createQueryRunner();
    const callbacks: (() => void)[] = [];
    let result: T;
    try {
      const connection = new TransactionConnection(runner, (await runner.connect()) as Client, begin);
      await runner.startTransaction();
      const tx: Transaction = {
        manager: runner.manager,
        query: async (sql, parameters) => (await connection.query(sql, parameters)) as never,
        prepared: async (sql, parameters) => (await connection.prepared(sql, parameters)) as never,
        afterCommit: callback => callbacks.push(callback),
      };
      result = await work(tx);
      connection.refuseFailed();
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
