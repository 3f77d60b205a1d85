import { PARTITIONS } from '@countersign/contracts';
import type pg from 'pg';
import { TOPIC } from './world.js';

const BATCH = 1_000;

/** Bare SQL on the same server: appends, and reads what the bus has. */
export class RawPostgres {
  constructor(private readonly admin: pg.Pool) {}

  /** Rows of the outbox's size appended to a table, a thousand in a transaction. @returns rows per second */
  async publish(count: number): Promise<number> {
    const { rows } = await this.admin.query<{ headers: object; payload: Buffer }>(
      'select headers, payload from bus.bus_log limit 1',
    );
    const [sample] = rows;
    if (!sample) throw new Error('The bus has no event to copy');
    await this.admin.query(`
      drop table if exists public.raw_log;
      create table public.raw_log (topic text, part int, off bigint, key text, headers jsonb, payload bytea, primary key (topic, part, off));`);
    const start = performance.now();
    for (let done = 0; done < count; done += BATCH) {
      const offsets = Array.from({ length: Math.min(BATCH, count - done) }, (_, n) => done + n);
      await this.admin.query(
        `insert into public.raw_log select $1, o % ${PARTITIONS}, o, k, h, p
           from unnest($2::bigint[], $3::text[], $4::jsonb[], $5::bytea[]) as g(o, k, h, p)`,
        [
          TOPIC,
          offsets,
          offsets.map(offset => `demo/dlv_${offset}`),
          offsets.map(() => JSON.stringify(sample.headers)),
          offsets.map(() => sample.payload),
        ],
      );
    }
    return (count * 1_000) / (performance.now() - start);
  }

  /** Every partition read in batches, each payload parsed. @returns events per second */
  async consume(count: number): Promise<number> {
    const start = performance.now();
    let seen = 0;
    for (let part = 0; part < PARTITIONS && seen < count; part++) {
      for (let from = 0; seen < count; from += BATCH) {
        const { rows } = await this.admin.query<{ payload: Buffer }>(
          'select off, key, headers, payload from bus.bus_log where topic = $1 and part = $2 and off >= $3 order by off limit $4',
          [TOPIC, part, from, BATCH],
        );
        for (const { payload } of rows) JSON.parse(payload.toString('utf8'));
        seen += rows.length;
        if (rows.length < BATCH) break;
      }
    }
    return (seen * 1_000) / (performance.now() - start);
  }
}
