import pg from 'pg';
import { QueryRunnerAlreadyReleasedError, type QueryRunner } from 'typeorm';
import { statementName } from './statement-name.js';

/** What begins a transaction with a variable that ends with it: two statements in one message, one round trip. */
export function beginWith(variable: string, value: string): string {
  return `begin; select set_config(${pg.escapeLiteral(variable)}, ${pg.escapeLiteral(value)}, true)`;
}

/**
 * The connection of one transaction, shared by TypeORM's runner and by statements that are sent past it: TypeORM's layers
 * cost more than most statements of a transaction, and know no prepared ones.
 *
 * It remembers failures. PostgreSQL answers the COMMIT of a transaction in which a statement failed with a rollback, and no
 * error: work that caught that failure would pass for committed. So every failure, whoever ran the statement, counts until
 * a rollback to a savepoint mends it.
 */
export class TransactionConnection {
  private failure: unknown;

  /** @param begin what the runner is to send in place of its START TRANSACTION */
  constructor(
    private readonly runner: QueryRunner,
    private readonly client: pg.Client,
    begin: string,
  ) {
    const query = runner.query.bind(runner) as (...args: Parameters<QueryRunner['query']>) => Promise<unknown>;
    runner.query = async (...args: Parameters<QueryRunner['query']>) => {
      if (args[0] === 'START TRANSACTION') return (await this.send({ text: begin })) as never;
      const answer = await this.remember(query(...args));
      if (/^\s*rollback\s+to\b/i.test(args[0])) this.failure = undefined;
      return answer as never;
    };
  }

  async query(text: string, values?: unknown[]): Promise<unknown[]> {
    return (await this.send({ text, values })).rows;
  }

  async prepared(text: string, values: unknown[]): Promise<unknown[]> {
    return (await this.send({ name: statementName(text), text, values })).rows;
  }

  /** To be called before the commit. @throws an error of code 25P02 when nothing can be committed */
  refuseFailed(): void {
    if (this.failure === undefined) return;
    const message = 'A statement of the transaction failed and its failure was caught: nothing can be committed';
    throw Object.assign(new Error(message, { cause: this.failure }), { code: '25P02' });
  }

  private async send(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    // What comes late must not run on a connection that is another's by now.
    if (this.runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
    try {
      return await this.remember(this.client.query(statement));
    } catch (error) {
      throw error instanceof Error ? Object.assign(error, { query: statement.text }) : error;
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
