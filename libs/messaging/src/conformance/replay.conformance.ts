import { EndpointDisabled, type EventEnvelope } from '@countersign/contracts';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import {
  disorder,
  Probe,
  ProbeEvent,
  probeRecord,
  seqOf,
  subjectsIn,
  TOPIC,
  type BusHarness,
} from '../../test/support/probe.js';
import { settled } from '../../test/support/settled.js';

export function describeReplay(harness: () => BusHarness): void {
  describe('replay', () => {
    it('sets a group back to the beginning, an offset, a time and the end while its members run', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(8, 1) as [string];
        const got: number[] = [];
        const handlers = [
          { type: ProbeEvent.type, handler: 'probe', one: (event: EventEnvelope) => got.push(seqOf(event)) },
        ];
        const { messaging } = await probe.service(handlers);
        await probe.service(handlers);
        const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
        await probe.publish(range(0, 50).map(seq => ({ subject, seq })));
        await eventually(() => expect(got).toEqual(range(0, 50)));
        const half = await busTime(probe);
        await probe.publish(range(50, 100).map(seq => ({ subject, seq })));
        await eventually(() => expect(got).toEqual(range(0, 100)));

        const replayed = async (to: Parameters<typeof messaging.operations.seek>[0]['to'], from: number) => {
          await settled(probe);
          got.length = 0;
          const { partitions } = await messaging.operations.seek({ group: 'bus-probe', topic: TOPIC, to });
          expect(partitions.find(({ partition }) => partition === 8)?.offset).toBe(from);
          await eventually(() => expect(got).toEqual(range(from, 100)));
        };
        await replayed('beginning', 0);
        await replayed({ offset: '70', partition: 8 }, 70);
        await replayed({ time: half }, 50);
        await replayed({ time: '2999-01-01T00:00:00Z' }, 100);
        await replayed({ offset: 5_000, partition: 8 }, 100);
        await replayed('beginning', 0);
        await replayed('end', 100);
      } finally {
        await probe.close();
      }
    });

    it('runs no key twice at once when it is set back while a handler of the key runs', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject, other] = [subjectsIn(8, 1)[0]!, subjectsIn(9, 1)[0]!];
        const gate = Promise.withResolvers<void>();
        const got: number[] = [];
        const others: number[] = [];
        let running = 0;
        let most = 0;
        const { messaging } = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async (event: EventEnvelope) => {
              if (event.subject === other) {
                others.push(seqOf(event));
                return;
              }
              got.push(seqOf(event));
              most = Math.max(most, ++running);
              if (seqOf(event) === 1) await gate.promise;
              running--;
            },
          },
        ]);
        await probe.publish([0, 1, 2].map(seq => ({ subject, seq })));
        await eventually(() => expect(got).toEqual([0, 1]));
        await messaging.operations.seek({ topic: TOPIC, to: { offset: 0, partition: 8 } });
        for (let seq = 0; seq < 20; seq++) {
          await probe.publish([{ subject: other, seq }]);
          await eventually(() => expect(others.at(-1)).toBe(seq));
        }
        gate.resolve();
        await eventually(() => expect(got).toEqual([0, 1, 0, 1, 2]));
        expect(most).toBe(1);
      } finally {
        await probe.close();
      }
    });

    it('set back in the middle of the work: the running batch cannot commit over the new place', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(8, 1) as [string];
        const got: number[] = [];
        let release: (() => void) | undefined;
        const blocked = new Promise<void>(resolve => (release = resolve));
        const { messaging } = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async event => {
              got.push(seqOf(event));
              if (seqOf(event) === 30 && got.length === 31) await blocked;
            },
          },
        ]);
        await probe.publish(Array.from({ length: 60 }, (_, seq) => ({ subject, seq })));
        await eventually(() => expect(got).toHaveLength(31));
        await messaging.operations.seek({ topic: TOPIC, to: { offset: 10, partition: 8 } });
        release!();
        await eventually(() => expect(got.slice(31).slice(-50)).toEqual(Array.from({ length: 50 }, (_, n) => n + 10)));
        await settled(probe);
        expect(got.at(-50)).toBe(10);
      } finally {
        await probe.close();
      }
    });

    it('refuses another group, an unknown topic and a place that is none, naming the field', async () => {
      const probe = await Probe.open(harness());
      try {
        const { operations } = (await probe.prepare([])).messaging;
        await expect(operations.seek({ group: 'auth-mfa', topic: TOPIC, to: 'end' })).rejects.toMatchObject({
          kind: 'not_found',
        });
        const pointer = (at: string) => ({ errors: [{ pointer: at }] });
        await expect(operations.seek({ topic: 'iam.nothing.v1', to: 'end' })).rejects.toMatchObject(pointer('/topic'));
        await expect(operations.seek({ topic: TOPIC, to: { time: 'noon' } })).rejects.toMatchObject(
          pointer('/to/time'),
        );
        await expect(operations.seek({ topic: TOPIC, to: { offset: '-1' } })).rejects.toMatchObject(
          pointer('/to/offset'),
        );
        // A place in a topic that the service does not read would keep the topic's records for ever.
        await expect(operations.seek({ topic: TOPIC, to: 'end' })).rejects.toMatchObject(pointer('/topic'));
        expect(await probe.driver.lag('bus-probe')).toEqual([]);
        await expect(operations.listDeadLetters({ limit: 5, cursor: 'nonsense' })).rejects.toMatchObject(
          pointer('?cursor'),
        );
      } finally {
        await probe.close();
      }
    });

    it('lists dead letters page by page and redrives each with the handler that it names, and no other', async () => {
      const probe = await Probe.open(harness());
      try {
        const calls = { alpha: 0, beta: 0 };
        let broken = true;
        const { messaging } = await probe.service([
          { type: ProbeEvent.type, handler: 'alpha', one: () => calls.alpha++ },
          {
            type: ProbeEvent.type,
            handler: 'beta',
            one: () => {
              if (broken) throw new Error('a bug that is mended later');
              calls.beta++;
            },
          },
        ]);
        const { operations } = messaging;
        await probe.publish(Array.from({ length: 7 }, (_, n) => ({ subject: `s${n}`, seq: 0 })));
        const unreadable = { ...probeRecord({ subject: 's9', seq: 0 }), value: Buffer.from('?') };
        await probe.driver.publish([unreadable]);
        const listed = async (query: { topic?: string; handler?: string } = {}) =>
          (await operations.listDeadLetters({ limit: 100, ...query })).items;
        await eventually(async () => expect(await listed()).toHaveLength(8));
        expect(calls.alpha).toBe(7);
        expect(await listed({ handler: 'beta' })).toHaveLength(7);
        expect(await listed({ handler: 'alpha' })).toEqual([]);
        expect(await listed({ topic: TOPIC })).toHaveLength(8);
        expect(await listed({ topic: EndpointDisabled.topic, handler: '*' })).toHaveLength(1);
        expect(await listed({ topic: 'iam.user.events.v1' })).toEqual([]);

        const paged: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await operations.listDeadLetters({ limit: 3, cursor });
          paged.push(...page.items.map(({ id }) => id));
          if (page.nextCursor === null) break;
          cursor = page.nextCursor;
        }
        expect(paged).toEqual((await listed()).map(({ id }) => id));

        const [first] = await listed({ handler: 'beta' });
        expect(first).toMatchObject({
          topic: TOPIC,
          handler: 'beta',
          attempts: 4,
          type: ProbeEvent.type,
          tenantId: 'acme',
          error: 'Error: a bug that is mended later',
        });
        expect(await operations.redrive({ ids: [first!.id] })).toEqual({
          redriven: [],
          failed: [{ id: first!.id, error: 'a bug that is mended later' }],
        });
        broken = false;
        expect(await operations.redrive({ ids: [first!.id, 'x:1:1'] })).toEqual({
          redriven: [first!.id],
          failed: [{ id: 'x:1:1', error: 'No such dead letter' }],
        });
        expect(calls).toEqual({ alpha: 7, beta: 1 });
        const rest = await operations.redrive({ topic: TOPIC });
        expect(rest.redriven).toHaveLength(6);
        expect(rest.failed).toMatchObject([{ error: expect.stringContaining('not JSON') as string }]);
        expect(calls).toEqual({ alpha: 7, beta: 7 });
        expect(await listed()).toHaveLength(1);
      } finally {
        await probe.close();
      }
    });

    it('tells the lag of every partition in events and seconds', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(9, 1) as [string];
        const got: EventEnvelope[] = [];
        const service = await probe.service([
          { type: ProbeEvent.type, handler: 'probe', one: event => got.push(event) },
        ]);
        await probe.publish([{ subject, seq: 0 }]);
        await eventually(() => expect(got).toHaveLength(1));
        await settled(probe);
        await service.messaging.stop();
        await probe.publish([1, 2, 3].map(seq => ({ subject, seq })));
        const reader = await probe.prepare([]);
        const lag = await reader.messaging.operations.lag();
        expect(lag).toHaveLength(12);
        expect(lag[9]).toMatchObject({
          group: 'bus-probe',
          topic: TOPIC,
          partition: 9,
          committed: 1,
          end: 4,
          events: 3,
        });
        await eventually(async () =>
          expect((await reader.messaging.operations.lag())[9]!.seconds).toBeGreaterThan(0.05),
        );
        expect(disorder(got.map(event => ({ subject: event.subject, seq: seqOf(event) })))).toEqual([]);
      } finally {
        await probe.close();
      }
    });
  });
}

/** A time between what the bus has taken and what it will take. */
async function busTime(probe: Probe): Promise<string> {
  const { rows } = await probe.database.admin.query<{ now: Date }>('select clock_timestamp() as now');
  const now = rows[0]!.now;
  await eventually(async () => {
    const later = await probe.database.admin.query<{ now: Date }>('select clock_timestamp() as now');
    return later.rows[0]!.now.getTime() > now.getTime() + 2;
  });
  return new Date(now.getTime() + 1).toISOString();
}
