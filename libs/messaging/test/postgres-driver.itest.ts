import { BUS_DATABASE, TABLES_WITHOUT_TENANT } from '@countersign/persistence';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DirectSession } from '../src/connection/direct-session.js';
import { MessagingMetrics } from '../src/metrics/messaging-metrics.js';
import { Relay } from '../src/outbox/relay.js';
import { busMigrations } from '../src/postgres/migrations/index.js';
import { eventually } from './support/eventually.js';
import {
  disorder,
  Probe,
  probeRecord,
  probeData,
  ProbeEvent,
  seqOf,
  subjectsIn,
  TENANT,
  TOPIC,
  type BusHarness,
} from './support/probe.js';

const harness: BusHarness = {
  config: { BUS: 'postgres' },
  schemas: [{ owner: BUS_DATABASE.owner, schema: BUS_DATABASE.schema, migrations: busMigrations }],
  leastSessionMs: 1_000,
};

describe('the bus schema', () => {
  let probe: Probe;
  beforeAll(async () => {
    probe = await Probe.open(harness);
  });
  afterAll(() => probe.close());

  it('has every table under forced row-level security with its policies, and tenant_id first in the keys of the log', async () => {
    const { rows } = await probe.database.admin.query<{
      name: string;
      secured: boolean;
      policies: string[];
      key: string[] | null;
    }>(
      `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as secured,
         array(select p.polname::text from pg_policy p where p.polrelid = c.oid order by 1) as policies,
         (select array(select a.attname::text from unnest(i.indkey) with ordinality k(n, o)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n order by k.o)
          from pg_index i where i.indrelid = c.oid and i.indisprimary) as key
       from pg_class c where c.relnamespace = 'bus'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['bus_cursor', 'bus_head', 'bus_log', 'bus_member', 'migrations']);
    for (const row of rows) {
      expect(row).toMatchObject({ secured: true, policies: ['migrator', 'worker'] });
      if (!TABLES_WITHOUT_TENANT.includes(row.name)) expect(row.key?.[0]).toBe('tenant_id');
    }
  });

  it('is closed to the role that serves requests', async () => {
    const app = new pg.Client({ connectionString: probe.database.appUrl });
    await app.connect();
    try {
      for (const table of ['bus_log', 'bus_head', 'bus_cursor', 'bus_member']) {
        await expect(app.query(`select from bus.${table}`)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await app.end();
    }
  });
});

describe('the postgres driver', () => {
  let probe: Probe;
  beforeEach(async () => {
    probe = await Probe.open(harness);
    return () => probe.close();
  });

  it('gives dense offsets to many writers at once, in the order of each', async () => {
    const [one, two] = [subjectsIn(0, 4), subjectsIn(1, 4)];
    const writer = async (n: number) => {
      for (let seq = 0; seq < 20; seq++) {
        await probe.driver.publish([
          // In one order by some writers and the other by others: heads are locked in one order all the same.
          ...(n % 2 ? [one[n]!, two[n]!] : [two[n]!, one[n]!]).map(subject => probeRecord({ subject, seq })),
        ]);
      }
    };
    await Promise.all([0, 1, 2, 3].map(writer));
    const { rows } = await probe.database.admin.query<{ part: number; off: string; subject: string; seq: number }>(
      `select part, off, headers ->> 'ce_subject' as subject, (convert_from(payload, 'UTF8')::jsonb ->> 'attempts')::int as seq
       from bus.bus_log order by part, off`,
    );
    for (const part of [0, 1]) {
      const offsets = rows.filter(row => row.part === part).map(row => Number(row.off));
      expect(offsets).toEqual(Array.from({ length: 80 }, (_, n) => n));
    }
    expect(disorder(rows)).toEqual([]);
  });

  it('keeps what a group has yet to read or what is young, and lets a later group begin with the rest', async () => {
    const [subject] = subjectsIn(3, 1) as [string];
    const got: number[] = [];
    const service = await probe.service([
      { type: ProbeEvent.type, handler: 'probe', one: event => got.push(seqOf(event)) },
    ]);
    await probe.publish([0, 1, 2, 3, 4, 5].map(seq => ({ subject, seq })));
    await eventually(async () => {
      expect(got).toHaveLength(6);
      expect((await probe.driver.lag('bus-probe')).every(({ events }) => events === 0)).toBe(true);
    });
    expect(await probe.driver.expire(3_600_000)).toBe(0);
    await probe.database.admin.query(`update bus.bus_log set at = at - interval '2 hours' where off < 4`);
    await service.messaging.operations.seek({ topic: TOPIC, to: { offset: 2, partition: 3 } });
    await service.messaging.stop();
    await probe.database.admin.query(`update bus.bus_cursor set off = 2 where part = 3`);
    expect(await probe.driver.expire(3_600_000)).toBe(2);
    await probe.database.admin.query(`update bus.bus_cursor set off = 6 where part = 3`);
    expect(await probe.driver.expire(3_600_000)).toBe(2);
    expect(await probe.driver.expire(3_600_000)).toBe(0);
    const fetched: number[] = [];
    const noop = () => undefined;
    const late = probe.driver.consumer({
      group: 'late',
      topics: [TOPIC],
      sessionTimeoutMs: 2_000,
      partitionsAtOnce: 1,
      maxBatch: 10,
      onBatch: async batch => {
        fetched.push(...batch.records.map(({ offset }) => offset));
        await batch.commit(batch.records.at(-1)!.offset + 1);
      },
      onAssignment: noop,
      onPaused: noop,
      onError: noop,
    });
    await late.start();
    await eventually(() => expect(fetched).toEqual([4, 5]));
    await late.stop();
    expect((await probe.driver.seek('late', TOPIC, 'beginning'))[3]).toEqual({ partition: 3, offset: 4 });
  });

  it('goes on by itself after the database cut all connections, and loses nothing', async () => {
    const got: { subject: string; seq: number }[] = [];
    const service = await probe.service([
      {
        type: ProbeEvent.type,
        handler: 'probe',
        one: event => got.push({ subject: event.subject, seq: seqOf(event) }),
      },
    ]);
    const publish = (from: number) =>
      probe.publish(Array.from({ length: 500 }, (_, n) => ({ subject: `s${n % 10}`, seq: from + Math.floor(n / 10) })));
    await publish(0);
    await eventually(() => expect(got.length).toBeGreaterThan(100));
    await probe.database.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bus_probe_worker' and datname = current_database()
         and application_name <> 'suite-bus'`,
    );
    await publish(50);
    await eventually(async () => {
      expect(new Set(got.map(({ subject, seq }) => `${subject} ${seq}`)).size).toBe(1_000);
      expect((await probe.driver.lag('bus-probe')).every(({ events }) => events === 0)).toBe(true);
    });
    expect(disorder(got)).toEqual([]);
    await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
  });

  it('takes no more into memory at a time than large records may be', async () => {
    const [subject] = subjectsIn(0, 1) as [string];
    const MEBIBYTE = 1024 * 1024;
    for (let seq = 0; seq < 9; seq++) {
      await probe.driver.publish([{ ...probeRecord({ subject, seq }), value: Buffer.alloc(MEBIBYTE, seq) }]);
    }
    await probe.driver.publish([{ ...probeRecord({ subject, seq: 9 }), value: null }]);
    const batches: number[][] = [];
    const noop = () => undefined;
    const consumer = probe.driver.consumer({
      group: 'large',
      topics: [TOPIC],
      sessionTimeoutMs: 2_000,
      partitionsAtOnce: 1,
      maxBatch: 500,
      onBatch: async batch => {
        batches.push(batch.records.map(({ offset }) => offset));
        await batch.commit(batch.records.at(-1)!.offset + 1);
      },
      onAssignment: noop,
      onPaused: noop,
      onError: noop,
    });
    await consumer.start();
    await eventually(() => expect(batches.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    await consumer.stop();
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(4);
  });

  it('relays on while the clean-up of the log takes its time', async () => {
    const [{ uow, worker }, { messaging }] = [await probe.persistence(1), await probe.prepare([])];
    const noop = () => undefined;
    const maintained = Promise.withResolvers<void>();
    let cleaning = false;
    const relay = new Relay({
      service: 'bus-probe',
      schema: 'bus_probe',
      workerUrl: probe.database.workerUrl,
      driver: probe.driver,
      metrics: new MessagingMetrics(new Registry(), 'slow-cleaner', {
        lag: () => Promise.resolve([]),
        outbox: () => Promise.resolve({ depth: 0, age: 0 }),
        heartbeatAgeMs: noop,
      }),
      logger: { log: noop, warn: noop, error: noop },
      notify: channel => worker.query('select pg_notify($1, $2)', [channel, '']),
      maintain: () => {
        cleaning = true;
        return maintained.promise;
      },
    });
    relay.start();
    try {
      await eventually(() => expect(cleaning).toBe(true));
      await uow.run(TENANT, async tx => void (await messaging.outbox.add(tx, ProbeEvent, 's', probeData(0))));
      await eventually(async () => {
        const { rows } = await probe.database.admin.query('select from bus.bus_log');
        expect(rows).toHaveLength(1);
      });
    } finally {
      maintained.resolve();
      await relay.stop();
    }
  });

  it('lets the server find out by itself that a session with a lock has lost its machine', async () => {
    const session = await DirectSession.open({ url: probe.database.workerUrl, applicationName: 'keepalive' });
    try {
      // On a socket, as here, the values are taken but read as 0: what can be seen is who set them.
      const settings = await session.query<{ source: string }>(
        `select source from pg_settings where name like 'tcp_keepalives_%'`,
      );
      expect(settings.map(({ source }) => source)).toEqual(['client', 'client', 'client']);
    } finally {
      await session.close();
    }
  });

  it('refuses the commit of a member that an epoch has passed over', async () => {
    const [subject] = subjectsIn(0, 1) as [string];
    await probe.publish([0, 1, 2].map(seq => ({ subject, seq })));
    const outcomes: string[] = [];
    const noop = () => undefined;
    const consumer = probe.driver.consumer({
      group: 'fenced',
      topics: [TOPIC],
      sessionTimeoutMs: 2_000,
      partitionsAtOnce: 1,
      maxBatch: 10,
      onBatch: async batch => {
        if (outcomes.length === 0) await probe.driver.seek('fenced', TOPIC, { offset: 1, partition: 0 });
        const from = batch.records[0]!.offset;
        const commit = batch.commit(batch.records.at(-1)!.offset + 1);
        outcomes.push(
          await commit.then(
            () => `${from}: committed`,
            (error: Error) => `${from}: ${error.name}, ${batch.signal.has('lost') ? 'lost' : ''}`,
          ),
        );
      },
      onAssignment: noop,
      onPaused: noop,
      onError: noop,
    });
    await consumer.start();
    await eventually(() => expect(outcomes).toEqual(['0: PartitionLost, lost', '1: committed']));
    await consumer.stop();
  });
});
