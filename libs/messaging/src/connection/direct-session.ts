import { statementName } from '@countersign/persistence';
import pg from 'pg';

export interface SessionOptions {
  url: string;
  applicationName: string;
  /** Channels to listen on. */
  channels?: readonly string[];
  onNotification?: (channel: string, payload: string) => void;
  /** The server ends a session that says nothing for so long (milliseconds), and frees its locks; without it, never. */
  idleTimeoutMs?: number;
  /** Server settings of this session (`-c name=value`). */
  settings?: Readonly<Record<string, string>>;
}

/**
 * One database connection of its own, for what belongs to a session and not to a transaction: advisory locks and LISTEN.
 * `closed` resolves when it is gone, whoever ended it.
 */
export class DirectSession {
  readonly closed: Promise<void>;
  isClosed = false;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: pg.Client) {
    this.closed = new Promise<void>(resolve => {
      client.once('end', resolve);
      // Without a listener a lost connection would be an uncaught exception; statements under way reject by themselves.
      client.on('error', () => resolve());
    }).then(() => {
      this.isClosed = true;
    });
  }

  static async open(options: SessionOptions): Promise<DirectSession> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      query_timeout: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // The server as well: a machine that is gone without a word must not keep its locks for the two hours of TCP's default.
      options: Object.entries({
        tcp_keepalives_idle: '10',
        tcp_keepalives_interval: '5',
        tcp_keepalives_count: '3',
        idle_session_timeout: String(options.idleTimeoutMs ?? 0),
        ...options.settings,
      })
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
    });
    const session = new DirectSession(client);
    try {
      await client.connect();
      client.on('notification', ({ channel, payload }) => options.onNotification?.(channel, payload ?? ''));
      for (const channel of options.channels ?? []) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** One statement at a time: callers that overlap wait for each other. What has parameters is parsed and planned once. */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const name = parameters.length > 0 ? statementName(sql) : undefined;
    const answer = this.last.then(
      async () => (await this.client.query({ name, text: sql, values: parameters })).rows as Row[],
    );
    this.last = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
