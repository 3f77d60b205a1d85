import { newId } from '@countersign/kernel';
import type pg from 'pg';
import { Child } from '../platform/child.js';
import type { RawDrain } from './raw-loop.process.js';
import { sampleBody } from './sample-body.js';

const CHUNK = 5_000;

/** The baseline: the same number of bodies of the same size, drained by a loop that does the least. */
export class RawBaseline {
  private readonly child = Child.start<RawDrain, number>(new URL('./raw-loop.process.js', import.meta.url));

  constructor(
    private readonly database: pg.Client,
    private readonly order: RawDrain,
  ) {}

  get pid(): number {
    return this.child.pid;
  }

  /** @returns deliveries per second */
  async measure(count: number): Promise<number> {
    const seconds = await this.child.ask(this.order);
    const { rows } = await this.database.query<{ recorded: number }>(
      'select count(*)::int as recorded from bench.attempt',
    );
    if (rows[0]?.recorded !== count) throw new Error(`The raw loop recorded ${rows[0]?.recorded} of ${count} attempts`);
    return count / seconds;
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  async preload(count: number): Promise<void> {
    await this.database.query(`
      drop schema if exists bench cascade;
      create schema bench;
      create table bench.delivery (id text primary key, body text not null, claimed_at timestamptz);
      create index on bench.delivery (id) where claimed_at is null;
      create table bench.attempt (delivery_id text primary key, started_at timestamptz not null, duration_ms int not null, status int not null);`);
    for (let done = 0; done < count; done += CHUNK) {
      const ids = Array.from({ length: Math.min(CHUNK, count - done) }, () => newId('dlv'));
      await this.database.query('insert into bench.delivery select * from unnest($1::text[], $2::text[])', [
        ids,
        ids.map(() => sampleBody(newId('usr'))),
      ]);
    }
    await this.database.query('analyze bench.delivery');
  }
}
