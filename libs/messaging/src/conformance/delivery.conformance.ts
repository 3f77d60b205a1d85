import { setTimeout as delay } from 'node:timers/promises';
import { EndpointDisabled, UserCreated, type EventEnvelope } from '@countersign/contracts';
import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { disorder, Probe, ProbeEvent, seqOf, subjectsIn, TOPIC, type BusHarness } from '../../test/support/probe.js';
import type { PartitionBatch } from '../port/bus-driver.js';

const seen = (event: EventEnvelope) => ({ subject: event.subject, seq: seqOf(event) });

export function describeDelivery(harness: () => BusHarness): void {
  describe('delivery', () => {
    it('keeps the order of each key while many keys of one partition run at the same time', async () => {
      const probe = await Probe.open(harness(), { BUS_LANES: 16 });
      try {
        const subjects = subjectsIn(3, 20);
        const begun: { subject: string; seq: number }[] = [];
        const ended: { subject: string; seq: number }[] = [];
        const open = new Map<string, number>();
        let most = 0;
        let overlaps = 0;
        await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async event => {
              begun.push(seen(event));
              if (open.has(event.subject)) overlaps++;
              open.set(event.subject, seqOf(event));
              most = Math.max(most, open.size);
              await delay(Math.random() * 4);
              open.delete(event.subject);
              ended.push(seen(event));
            },
          },
        ]);
        await probe.publish(
          Array.from({ length: 1_000 }, (_, n) => ({ subject: subjects[n % 20]!, seq: Math.floor(n / 20) })),
        );
        await eventually(() => expect(ended).toHaveLength(1_000));
        expect(disorder(begun)).toEqual([]);
        expect(disorder(ended)).toEqual([]);
        expect(overlaps).toBe(0);
        expect(most).toBeGreaterThan(4);
      } finally {
        await probe.close();
      }
    });

    it('hands batch handlers arrays of several tenants, in order, beside handlers of single events', async () => {
      const probe = await Probe.open(harness());
      try {
        const tenants = ['acme', 'globex', 'initech'].map(tenantId);
        const batches: EventEnvelope[][] = [];
        const singles: EventEnvelope[] = [];
        const events = Array.from({ length: 900 }, (_, n) => ({
          subject: `s${n % 30}`,
          seq: Math.floor(n / 30),
          tenant: tenants[n % 3]!,
        }));
        await probe.publish(events);
        await probe.service([
          { type: ProbeEvent.type, handler: 'many', many: received => batches.push(received) },
          { type: ProbeEvent.type, handler: 'one', one: event => singles.push(event) },
        ]);
        await eventually(() => {
          expect(singles).toHaveLength(900);
          expect(batches.flat()).toHaveLength(900);
        });
        const named = (list: EventEnvelope[]) =>
          list.map(event => ({ subject: `${event.tenantId}/${event.subject}`, seq: seqOf(event) }));
        expect(disorder(named(batches.flat()))).toEqual([]);
        expect(disorder(named(singles))).toEqual([]);
        expect(batches.length).toBeLessThan(450);
        expect(batches.some(batch => new Set(batch.map(event => event.tenantId)).size > 1)).toBe(true);
      } finally {
        await probe.close();
      }
    });

    it('holds up no other partition while the handler of one takes its time', async () => {
      const probe = await Probe.open(harness());
      try {
        const [slow, quick] = [subjectsIn(1, 1)[0]!, subjectsIn(2, 1)[0]!];
        const blocked = Promise.withResolvers<void>();
        const got: { subject: string; seq: number }[] = [];
        await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async event => {
              got.push(seen(event));
              if (event.subject === slow) await blocked.promise;
            },
          },
        ]);
        await probe.publish([0, 1].map(seq => ({ subject: slow, seq })));
        await eventually(() => expect(got).toEqual([{ subject: slow, seq: 0 }]));
        for (let seq = 0; seq < 20; seq++) {
          await probe.publish([{ subject: quick, seq }]);
          await eventually(() => expect(got.at(-1)).toEqual({ subject: quick, seq }));
        }
        blocked.resolve();
        await eventually(() => expect(got.at(-1)).toEqual({ subject: slow, seq: 1 }));
        expect(got).toHaveLength(22);
      } finally {
        await probe.close();
      }
    });

    it('passes over events that have no handler and gives what is left its turn', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(0, 1);
        const got: number[] = [];
        await probe.publish(Array.from({ length: 700 }, (_, seq) => ({ subject: subject!, seq })));
        await probe.service([
          { type: EndpointDisabled.type, handler: 'probe', one: () => got.push(1) },
          { type: UserCreated.type, handler: 'probe', one: () => got.push(2) },
        ]);
        await eventually(async () => expect(await remaining(probe)).toBe(0));
        expect(got).toEqual([]);
      } finally {
        await probe.close();
      }
    });

    it('begins a new group at the oldest event that is retained', async () => {
      const probe = await Probe.open(harness());
      try {
        await probe.publish(
          Array.from({ length: 300 }, (_, n) => ({ subject: `s${n % 10}`, seq: Math.floor(n / 10) })),
        );
        const got: EventEnvelope[] = [];
        await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: event => got.push(event) }]);
        await eventually(() => expect(got).toHaveLength(300));
      } finally {
        await probe.close();
      }
    });

    it('goes on from an offset that is committed by hand, in the same member and in the next', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(5, 1);
        await probe.publish(Array.from({ length: 100 }, (_, seq) => ({ subject: subject!, seq })));
        const fetched: number[][] = [];
        const onBatch = async (batch: PartitionBatch) => {
          fetched.push(batch.records.map(record => record.offset));
          // Part of the batch only: the rest has to come again, what is committed must not.
          await batch.commit(batch.records[Math.min(9, batch.records.length - 1)]!.offset + 1);
        };
        const noop = () => undefined;
        const options = {
          group: 'by-hand',
          topics: [TOPIC],
          sessionTimeoutMs: 2_000,
          partitionsAtOnce: 4,
          maxBatch: 40,
          onBatch,
          onAssignment: noop,
          onPaused: noop,
          onError: noop,
        };
        const first = probe.driver.consumer(options);
        await first.start();
        await eventually(() => expect(fetched.at(-1)?.at(-1)).toBe(99));
        await eventually(async () =>
          expect((await probe.driver.lag('by-hand')).find(lag => lag.partition === 5)?.events).toBe(0),
        );
        await first.stop();
        const starts = fetched.map(offsets => offsets[0]);
        expect(starts).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
        const second = probe.driver.consumer(options);
        await second.start();
        await probe.publish([{ subject: subject!, seq: 100 }]);
        await eventually(() => expect(fetched.at(-1)).toEqual([100]));
        await second.stop();
        expect(fetched).toHaveLength(11);
      } finally {
        await probe.close();
      }
    });

    it('says that it is ready only once it relays or waits to, and has joined its group', async () => {
      const probe = await Probe.open(harness());
      try {
        const service = await probe.prepare([{ type: ProbeEvent.type, handler: 'probe', one: () => undefined }]);
        expect(await service.messaging.readiness()).toMatch(/not been started/);
        await service.messaging.start();
        await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
      } finally {
        await probe.close();
      }
    });
  });

  async function remaining(probe: Probe): Promise<number> {
    const lag = await probe.driver.lag('bus-probe');
    return lag.length === 0 ? -1 : lag.reduce((sum, { events }) => sum + events, 0);
  }
}
