import { newId } from '@countersign/kernel';
import pg from 'pg';
import { concurrently } from '../measure/concurrently.js';

/**
 * The baseline: the same rows as a create leaves (user, event, audit event), written by bare SQL in one transaction, into
 * tables with the same columns and indexes.
 */
export class RawCreates {
  private readonly pool: pg.Pool;

  private constructor(
    url: string,
    private readonly columns: string,
    private readonly sample: Readonly<Record<string, unknown>>,
    private readonly events: readonly Readonly<Record<string, unknown>>[],
  ) {
    this.pool = new pg.Pool({ connectionString: url, max: 32 });
  }

  /** @param userId a user that was created through the API and whose events have reached the bus */
  static async prepare(url: string, database: pg.Client, userId: string): Promise<RawCreates> {
    await database.query(`
      create schema bench;
      create table bench.users (like user_lifecycle.users including all);
      create table bench.outbox (like user_lifecycle.outbox including all);`);
    const { rows: columns } = await database.query<{ name: string }>(
      `select quote_ident(column_name) as name from information_schema.columns
        where table_schema = 'bench' and table_name = 'users' and is_generated = 'NEVER' and is_identity = 'NO'`,
    );
    const { rows: users } = await database.query<{ sample: Record<string, unknown> }>(
      'select to_jsonb(u) as sample from user_lifecycle.users u where id = $1',
      [userId],
    );
    const { rows: events } = await database.query<Record<string, unknown>>(
      `select tenant_id, topic, part, key, headers, convert_from(payload, 'UTF8') as payload from bus.bus_log
        where key like '%/' || $1 order by at limit 2`,
      [userId],
    );
    if (!users[0] || events.length < 2) throw new Error('The sample user has left no rows to copy');
    return new RawCreates(url, columns.map(({ name }) => name).join(', '), users[0].sample, events);
  }

  /** @returns transactions per second */
  measure(count: number, concurrency: number): Promise<number> {
    return concurrently(count, concurrency, () => this.create());
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async create(): Promise<void> {
    const id = newId('usr');
    const user = { ...this.sample, id, login: id, login_key: id };
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into bench.users (${this.columns}) select ${this.columns} from jsonb_populate_record(null::bench.users, $1::jsonb)`,
        [JSON.stringify(user)],
      );
      for (const event of this.events) {
        await client.query(
          'insert into bench.outbox (tenant_id, topic, part, key, headers, payload) values ($1, $2, $3, $4, $5, $6)',
          [event['tenant_id'], event['topic'], event['part'], event['key'], event['headers'], event['payload']],
        );
      }
      await client.query('commit');
    } finally {
      client.release();
    }
  }
}
