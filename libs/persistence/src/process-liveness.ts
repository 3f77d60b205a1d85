import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { SystemTransaction } from './unit-of-work.js';

/** The advisory lock that stands for a name: 64 bits of its hash. */
function keyOf(name: string): string {
  return createHash('sha256').update(`alive ${name}`).digest().readBigInt64BE().toString();
}

/**
 * Shows other processes that this one lives: a session advisory lock that PostgreSQL frees the moment the process is gone, so
 * its work can be taken over within seconds instead of after a whole lease. It needs a session of its own (a pooler in
 * transaction mode will not do). A connection that is lost and made again looks like a short death.
 */
export class ProcessLiveness {
  private client?: Client;
  private stopped = false;

  /** @param applicationName shown in pg_stat_activity */
  constructor(
    private readonly databaseUrl: string,
    private readonly applicationName: string,
  ) {}

  /** Holds the lock of the name until `stop`, through lost connections. Resolves when it is first held, or could not be. */
  async hold(name: string): Promise<void> {
    try {
      await this.connect(name);
    } catch {
      void this.again(name);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.client?.end().catch(() => undefined);
  }

  /** Of the names, those that nobody holds; what is decided on it belongs into the same transaction. */
  static async gone(tx: SystemTransaction, names: readonly string[]): Promise<string[]> {
    const gone: string[] = [];
    for (const name of names) {
      const [row] = await tx.query<{ free: boolean }>(`select pg_try_advisory_xact_lock($1::bigint) as free`, [
        keyOf(name),
      ]);
      if (row?.free) gone.push(name);
    }
    return gone;
  }

  private async connect(name: string): Promise<void> {
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: this.applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select pg_advisory_lock($1::bigint)', [keyOf(name)]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.stopped) return client.end();
    client.on('end', () => void this.again(name));
    this.client = client;
  }

  private async again(name: string): Promise<void> {
    while (!this.stopped) {
      await delay(500, undefined, { ref: false });
      try {
        if (!this.stopped) await this.connect(name);
        return;
      } catch {
        // The database is away; nobody can take anything over meanwhile.
      }
    }
  }
}
