import pg from 'pg';
import { QueryRunnerAlreadyReleasedError, type QueryRunner } from 'typeorm';
import { executeStatement } from './execute-statement.js';
import { statementName } from './statement-name.js';

/**
 * What begins a transaction with a setting that ends with it: two statements in one message, one round trip. SET is carried
 * out without a plan, unlike set_config.
 */
export function beginWith(setting: 'app.tenant_id' | 'application_name', value: string): string {
  return `begin; set local ${setting} to ${pg.escapeLiteral(value)}`;
}

/** Names of the statements that a connection has prepared. */
const preparedOn = new WeakMap<pg.Client, Set<string>>();

/**
 * The connection of one transaction, shared by TypeORM's runner and by statements that are sent past it: TypeORM's layers
 * cost more than most statements of a transaction, and know no prepared ones.
 *
 * The transaction begins with its first statement; if that one is prepared already, in the same message, because each
 * message costs both sides more than most statements do.
 *
 * It remembers failures. PostgreSQL answers the COMMIT of a transaction in which a statement failed with a rollback, and no
 * error: work that caught that failure would pass for committed. So every failure, whoever ran the statement, counts until
 * a rollback to a savepoint mends it.
 */
export class TransactionConnection {
  private failure: unknown;
  /** Resolves when the transaction has begun; undefined before its first statement. */
  private begun?: Promise<unknown>;

  /** @param begin what begins the transaction, in place of the runner's START TRANSACTION */
  constructor(
    private readonly runner: QueryRunner,
    private readonly client: pg.Client,
    private readonly begin: string,
  ) {
    const query = runner.query.bind(runner) as (...args: Parameters<QueryRunner['query']>) => Promise<unknown>;
    runner.query = async (...args: Parameters<QueryRunner['query']>) => {
      const [sql] = args;
      const nothingToEnd = this.begun === undefined && (sql === 'COMMIT' || sql === 'ROLLBACK');
      if (sql === 'START TRANSACTION' || nothingToEnd) return undefined as never;
      if (sql === 'COMMIT') return (await this.send({ text: sql })) as never;
      // What could not even begin is rolled back all the same: the server may have got as far as the BEGIN.
      if (sql === 'ROLLBACK') await this.begun?.catch(() => undefined);
      else await this.open();
      const answer = await this.remember(query(...args));
      this.mendAfter(sql);
      return answer as never;
    };
  }

  async query(text: string, values?: unknown[]): Promise<unknown[]> {
    await this.open();
    const { rows } = await this.send({ text, values });
    this.mendAfter(text);
    return rows;
  }

  async prepared(text: string, values: unknown[]): Promise<unknown[]> {
    const name = statementName(text);
    let known = preparedOn.get(this.client);
    if (!known) preparedOn.set(this.client, (known = new Set()));
    const call = this.begun === undefined && known.has(name) ? executeStatement(name, values) : undefined;
    if (call !== undefined) {
      const answers = this.send({ text: `${this.begin}; ${call}` }, text) as Promise<unknown>;
      this.begun = answers;
      return ((await answers) as pg.QueryResult[]).at(-1)!.rows;
    }
    await this.open();
    const { rows } = await this.send({ name, text, values });
    known.add(name);
    return rows;
  }

  /** To be called before the commit. @throws an error of code 25P02 when nothing can be committed */
  refuseFailed(): void {
    if (this.failure === undefined) return;
    const message = 'A statement of the transaction failed and its failure was caught: nothing can be committed';
    throw Object.assign(new Error(message, { cause: this.failure }), { code: '25P02' });
  }

  private mendAfter(sql: string): void {
    if (/^\s*rollback\s+to\b/i.test(sql)) this.failure = undefined;
  }

  private async open(): Promise<void> {
    await (this.begun ??= this.send({ text: this.begin }));
  }

  /** @param shown the statement as an error is to name it */
  private async send(statement: pg.QueryConfig, shown = statement.text): Promise<pg.QueryResult> {
    // What comes late must not run on a connection that is another's by now.
    if (this.runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
    try {
      return await this.remember(this.client.query(statement));
    } catch (error) {
      throw error instanceof Error ? Object.assign(error, { query: shown }) : error;
    }
  }

  private async remember<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }
}
