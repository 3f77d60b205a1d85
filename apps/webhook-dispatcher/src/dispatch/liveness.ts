import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SystemTransaction } from '@countersign/persistence';
import { Client } from 'pg';

/** The advisory lock that stands for a claim id: 64 bits of its hash. */
function keyOf(claimId: string): string {
  return createHash('sha256').update(`webhook-dispatcher ${claimId}`).digest().readBigInt64BE().toString();
}

/**
 * Shows the other replicas that this one lives: a session advisory lock that Postgres frees the moment the process is gone,
 * so its deliveries are taken over within seconds and not after the whole lease. A lost connection costs at most duplicates.
 */
export class Liveness {
  private client?: Client;
  private stopped = false;

  constructor(private readonly databaseUrl: string) {}

  /** Holds the claim's lock until `stop`, through lost connections. Resolves when it is first held, or could not be. */
  async hold(claimId: string): Promise<void> {
    try {
      await this.connect(claimId);
    } catch {
      void this.again(claimId);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.client?.end().catch(() => undefined);
  }

  /** Of the claims, those whose owners are gone; decided inside the transaction, which may then take their deliveries. */
  static async gone(tx: SystemTransaction, claimIds: readonly string[]): Promise<string[]> {
    const gone: string[] = [];
    for (const claimId of claimIds) {
      const [row] = await tx.query<{ free: boolean }>(`select pg_try_advisory_xact_lock($1::bigint) as free`, [
        keyOf(claimId),
      ]);
      if (row?.free) gone.push(claimId);
    }
    return gone;
  }

  private async connect(claimId: string): Promise<void> {
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'webhook-dispatcher-alive',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('select pg_advisory_lock($1::bigint)', [keyOf(claimId)]);
    client.on('end', () => void this.again(claimId));
    this.client = client;
  }

  private async again(claimId: string): Promise<void> {
    while (!this.stopped) {
      await delay(500, undefined, { ref: false });
      try {
        if (!this.stopped) await this.connect(claimId);
        return;
      } catch {
        // The database is away; nobody can claim anything meanwhile.
      }
    }
  }
}
