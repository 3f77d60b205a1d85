import { setTimeout as delay } from 'node:timers/promises';
import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { disorder, Probe, probeData, ProbeEvent, seqOf, TENANT, type BusHarness } from '../../test/support/probe.js';

const WRITERS = 16;
const CHANGES = 60;
const AGGREGATES = 24;

export function describeOutbox(harness: () => BusHarness): void {
  describe('outbox', () => {
    it('loses nothing of 16 writers that hold transactions open, keeps each aggregate in order, with two relays at once', async () => {
      const probe = await Probe.open(harness());
      try {
        const got: { subject: string; seq: number }[] = [];
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => got.push({ subject: event.subject, seq: seqOf(event) }),
          },
        ]);
        const second = await probe.service([]);
        const { uow } = await probe.persistence(WRITERS);
        let committed = 0;
        const write = async (writer: number) => {
          const { outbox } = (writer % 2 ? service : second).messaging;
          for (let change = 0; change < CHANGES; change++) {
            const id = `a${Math.floor(Math.random() * AGGREGATES)}`;
            const failed = await uow
              .run(TENANT, async tx => {
                const [row] = await tx.query<{ seq: number }>(
                  `insert into aggregate (tenant_id, id, seq) values ($1, $2, 0)
                   on conflict (tenant_id, id) do update set seq = aggregate.seq + 1 returning seq`,
                  [TENANT, id],
                );
                await outbox.add(tx, ProbeEvent, id, probeData(row!.seq));
                if (Math.random() < 0.2) await delay(Math.random() * 15);
                if (Math.random() < 0.05) throw new Error('rolled back');
              })
              .then(
                () => false,
                () => true,
              );
            if (!failed) committed++;
          }
        };
        await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
        await eventually(() => expect(got).toHaveLength(committed));
        expect(disorder(got)).toEqual([]);
        const { rows } = await probe.database.admin.query<{ n: number }>(
          `select sum(seq + 1)::int as n from bus_probe.aggregate`,
        );
        expect(rows[0]!.n).toBe(committed);
        const depth = await probe.database.admin.query<{ n: number }>(
          `select count(*)::int as n from bus_probe.outbox`,
        );
        expect(depth.rows[0]!.n).toBe(0);
      } finally {
        await probe.close();
      }
    });

    it('has one relay at a time, and the next takes over when it stops or loses its session', async () => {
      const probe = await Probe.open(harness());
      try {
        const got: number[] = [];
        const leaders = () =>
          Promise.all(
            probe.services.map(
              async ({ metrics }) => (await metrics.getSingleMetric('messaging_relay_leader')!.get()).values[0]!.value,
            ),
          );
        const first = await probe.service([
          { type: ProbeEvent.type, handler: 'probe', one: event => got.push(seqOf(event)) },
        ]);
        await eventually(async () => expect(await leaders()).toEqual([1]));
        const second = await probe.service([]);
        const third = await probe.service([]);
        const send = async (seq: number) => {
          const { uow } = await probe.persistence(1);
          await uow.run(
            TENANT,
            async tx => void (await third.messaging.outbox.add(tx, ProbeEvent, 's', probeData(seq))),
          );
          await eventually(() => expect(got).toEqual(Array.from({ length: seq + 1 }, (_, n) => n)));
        };
        await send(0);
        expect(await leaders()).toEqual([1, 0, 0]);
        // The session that holds the lock dies, as with a failing network or a restart of the database.
        await probe.database.admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bus-probe-relay'
             and pid in (select pid from pg_locks where locktype = 'advisory' and granted) and datname = current_database()`,
        );
        await send(1);
        await eventually(async () => expect((await leaders()).reduce((sum, leads) => sum + leads, 0)).toBe(1));
        await second.messaging.stop();
        await send(2);
        await eventually(async () => expect(await first.messaging.readiness()).toBeUndefined());
      } finally {
        await probe.close();
      }
    });

    it('sends nothing of a transaction that is rolled back, and refuses data that the schema refuses', async () => {
      const probe = await Probe.open(harness());
      try {
        const got: string[] = [];
        const { messaging } = await probe.service([
          { type: ProbeEvent.type, handler: 'probe', one: event => got.push(event.id) },
        ]);
        const { uow } = await probe.persistence();
        const rolledBack = uow.run(TENANT, async tx => {
          await messaging.outbox.add(tx, ProbeEvent, 's', probeData(0));
          throw new Error('no');
        });
        await expect(rolledBack).rejects.toThrow('no');
        await expect(uow.run(TENANT, tx => messaging.outbox.add(tx, ProbeEvent, 's', probeData(-1)))).rejects.toThrow(
          'attempts',
        );
        const id = await uow.run(TENANT, tx => messaging.outbox.add(tx, ProbeEvent, 's', probeData(1)));
        const other = await uow.system('test', tx =>
          messaging.outbox.addFor(tx, tenantId('globex'), ProbeEvent, 's', probeData(1)),
        );
        await eventually(() => expect(new Set(got)).toEqual(new Set([id, other])));
        expect(got).toHaveLength(2);
      } finally {
        await probe.close();
      }
    });
  });
}
