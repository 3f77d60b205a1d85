import { createHmac, randomBytes } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { serve } from '../platform/child.js';

/** The baseline's order: where the rows are, where they go, how many attempts are in flight at once. */
export interface RawDrain {
  databaseUrl: string;
  url: string;
  concurrency: number;
}

interface Delivery {
  id: string;
  body: string;
}

interface Attempt {
  id: string;
  startedAt: Date;
  durationMs: number;
  status: number;
}

const BATCH = 500;

/**
 * The least that any sender of webhooks does, as fast as one Node process can: claim a batch, sign, post over kept
 * connections, record the attempts in batches. No fairness, order, retries, leases, limits, tokens, log or metrics.
 */
class RawLoop {
  private readonly held: Delivery[] = [];
  private readonly ended: Attempt[] = [];
  private readonly key = randomBytes(32);
  private exhausted = false;
  private refilling?: Promise<void>;
  private writing?: Promise<void>;

  constructor(
    private readonly database: pg.Pool,
    private readonly receiver: Pool,
    private readonly path: string,
    private readonly concurrency: number,
  ) {}

  async drain(): Promise<void> {
    await Promise.all(Array.from({ length: this.concurrency }, () => this.lane()));
    while (this.writing || this.ended.length > 0) await this.record();
  }

  private async lane(): Promise<void> {
    for (;;) {
      if (this.held.length < BATCH / 2 && !this.exhausted) void this.refill();
      const delivery = this.held.pop();
      if (delivery) await this.attempt(delivery);
      else if (this.exhausted) return;
      else await this.refill();
    }
  }

  private async attempt({ id, body }: Delivery): Promise<void> {
    const startedAt = new Date();
    const timestamp = String(Math.floor(startedAt.getTime() / 1_000));
    const signature = createHmac('sha256', this.key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const answer = await this.receiver.request({
      method: 'POST',
      path: this.path,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    await answer.body.text();
    this.ended.push({ id, startedAt, durationMs: Date.now() - startedAt.getTime(), status: answer.statusCode });
    if (this.ended.length >= BATCH) void this.record();
  }

  private refill(): Promise<void> {
    this.refilling ??= this.claim().finally(() => (this.refilling = undefined));
    return this.refilling;
  }

  private async claim(): Promise<void> {
    const { rows } = await this.database.query<Delivery>(
      `update bench.delivery set claimed_at = now()
        where id in (select id from bench.delivery where claimed_at is null order by id limit ${BATCH} for update skip locked)
        returning id, body`,
    );
    this.held.push(...rows);
    this.exhausted = rows.length === 0;
  }

  private async record(): Promise<void> {
    if (this.writing) return this.writing;
    this.writing = this.write(this.ended.splice(0)).finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async write(attempts: readonly Attempt[]): Promise<void> {
    await this.database.query(
      `with given as (select * from unnest($1::text[], $2::timestamptz[], $3::int[], $4::int[]) as g(id, started_at, ms, status)),
       gone as (delete from bench.delivery d using given g where d.id = g.id)
       insert into bench.attempt (delivery_id, started_at, duration_ms, status) select * from given`,
      [
        attempts.map(({ id }) => id),
        attempts.map(({ startedAt }) => startedAt),
        attempts.map(({ durationMs }) => durationMs),
        attempts.map(({ status }) => status),
      ],
    );
  }
}

serve<RawDrain, number>(async ({ databaseUrl, url, concurrency }) => {
  const { origin, pathname } = new URL(url);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const receiver = new Pool(origin, { connections: concurrency, pipelining: 1 });
  try {
    const start = performance.now();
    await new RawLoop(database, receiver, pathname, concurrency).drain();
    return (performance.now() - start) / 1_000;
  } finally {
    await receiver.close();
    await database.end();
  }
});
