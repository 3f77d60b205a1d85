import pg from 'pg';
import type {
  BusConsumer,
  BusDriver,
  ConsumerOptions,
  DeadLetterQuery,
  NewRecord,
  PartitionLag,
  PartitionOffset,
  RelaySession,
  SeekTarget,
  StoredDeadLetter,
} from '../port/bus-driver.js';
import { NO_TENANT, PUBLISH_SQL, relaySql, type Appended } from './append-to-log.js';
import { ConsumerGroups } from './consumer-groups.js';
import { deleteDeadLetter, findDeadLetters, listDeadLetters } from './dead-letters.js';
import { expireLog } from './expire-log.js';
import { LOG_CHANNEL, writeNotice } from './log-notices.js';
import { PostgresConsumer } from './postgres-consumer.js';

/**
 * The bus as tables of the platform's own PostgreSQL: the outboxes feed a log with dense offsets per partition, consumer
 * groups have leases and epochs. All services need one database for it.
 */
export class PostgresDriver implements BusDriver {
  readonly name = 'postgres';
  /** The relay and the consumer find out by themselves: the bus is the database of the outbox. */
  readonly problem = undefined;
  private readonly pool: pg.Pool;

  /** @param url of a login that is a member of the bus's worker role */
  constructor(
    private readonly url: string,
    applicationName: string,
  ) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: 3,
      application_name: `${applicationName}-bus`,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 15_000,
      // A server that does not even say that a statement took too long is gone, or the way to it.
      query_timeout: 20_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    // A pooled connection that the server ends is replaced at its next use.
    this.pool.on('error', () => undefined);
  }

  open(): void {
    // The tables are there since the migration.
  }

  async publish(records: readonly NewRecord[]): Promise<void> {
    const { rows } = await this.pool.query<Appended>(PUBLISH_SQL, [
      records.map(record => record.headers['ce_tenantid'] ?? NO_TENANT),
      records.map(record => record.topic),
      records.map(record => record.partition),
      records.map(record => record.key),
      records.map(record => JSON.stringify(record.headers)),
      records.map(record => record.value),
    ]);
    // They are on the bus: a notification that is lost costs the consumers no more than their next look.
    await this.pool.query(...notification(rows)).catch(() => undefined);
  }

  async relay(session: RelaySession, outbox: string, limit: number): Promise<number> {
    const rows = await session.query<Appended>(relaySql(outbox), [limit]);
    if (rows.length === 0) return 0;
    // After the commit and in a transaction of its own: inside the move it would hold the database-wide lock of NOTIFY.
    await session.query(...notification(rows));
    return rows.reduce((sum, row) => sum + row.n, 0);
  }

  consumer(options: ConsumerOptions): BusConsumer {
    return new PostgresConsumer(options, this.url, this.pool);
  }

  lag(group: string): Promise<PartitionLag[]> {
    return this.group(group).lag();
  }

  seek(group: string, topic: string, to: SeekTarget): Promise<PartitionOffset[]> {
    return this.group(group).seek(topic, to);
  }

  listDeadLetters(query: DeadLetterQuery): Promise<StoredDeadLetter[]> {
    return listDeadLetters(this.pool, query);
  }

  findDeadLetters(group: string, ids: readonly string[]): Promise<StoredDeadLetter[]> {
    return findDeadLetters(this.pool, group, ids);
  }

  settleDeadLetter(group: string, id: string): Promise<void> {
    return deleteDeadLetter(this.pool, group, id);
  }

  expire(retentionMs: number): Promise<number> {
    return expireLog(this.pool, retentionMs);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private group(name: string): ConsumerGroups {
    const query = async <Row>(sql: string, parameters?: unknown[]) =>
      (await this.pool.query(sql, parameters)).rows as Row[];
    return new ConsumerGroups({ query }, name);
  }
}

function notification(appended: readonly Appended[]): [string, unknown[]] {
  return [`select pg_notify('${LOG_CHANNEL}', $1)`, [writeNotice(appended)]];
}
