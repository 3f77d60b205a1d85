import { setTimeout as delay } from 'node:timers/promises';
import type { EventEnvelope } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
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
  type ProbeService,
} from '../../test/support/probe.js';
import { settled } from '../../test/support/settled.js';
import type { StoredDeadLetter } from '../port/bus-driver.js';

const deadLetters = (probe: Probe): Promise<StoredDeadLetter[]> =>
  probe.driver.listDeadLetters({ group: 'bus-probe', limit: 100 });
const seen = (event: EventEnvelope) => ({ subject: event.subject, seq: seqOf(event) });

export function describeFailures(harness: () => BusHarness): void {
  describe('failures', () => {
    it('dead-letters a poison event with its headers and holds up neither other keys nor its own', async () => {
      const probe = await Probe.open(harness());
      try {
        const [poisoned, healthy] = subjectsIn(2, 2) as [string, string];
        const got: { subject: string; seq: number }[] = [];
        let tries = 0;
        let healthyDuringRetries = 0;
        await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => {
              if (event.subject === poisoned && seqOf(event) === 1) {
                tries++;
                throw new Error('cannot be handled');
              }
              if (
                event.subject === healthy &&
                tries > 0 &&
                !got.some(({ subject, seq }) => subject === poisoned && seq === 2)
              )
                healthyDuringRetries++;
              got.push(seen(event));
            },
          },
        ]);
        const bad = probeRecord({ subject: poisoned, seq: 1 });
        const rest = Array.from({ length: 50 }, (_, seq) => probeRecord({ subject: healthy, seq }));
        await probe.driver.publish([
          probeRecord({ subject: poisoned, seq: 0 }),
          bad,
          probeRecord({ subject: poisoned, seq: 2 }),
          ...rest,
        ]);
        await eventually(() => expect(got).toHaveLength(52));
        expect(disorder(got)).toEqual([]);
        expect(tries).toBe(4);
        expect(healthyDuringRetries).toBeGreaterThan(40);
        const [letter] = await eventually(async () => {
          const letters = await deadLetters(probe);
          return letters.length === 1 && letters;
        });
        expect(letter!.record).toMatchObject({ topic: `${TOPIC}.bus-probe.dlq`, partition: 2, key: bad.key });
        expect(letter!.record.value).toEqual(bad.value);
        expect(letter!.record.headers).toEqual({
          ...bad.headers,
          'dlq-topic': TOPIC,
          'dlq-partition': '2',
          'dlq-offset': '1',
          'dlq-group': 'bus-probe',
          'dlq-handler': 'probe',
          'dlq-error': 'Error: cannot be handled',
          'dlq-attempts': '4',
          'dlq-at': expect.stringMatching(/^\d{4}-.*Z$/) as string,
        });
      } finally {
        await probe.close();
      }
    });

    it('pauses only the partition whose dependency is away, and loses and dead-letters nothing', async () => {
      const probe = await Probe.open(harness());
      try {
        const [down] = subjectsIn(4, 1) as [string];
        const [up] = subjectsIn(7, 1) as [string];
        let away = true;
        const got: { subject: string; seq: number }[] = [];
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => {
              if (event.subject === down && away)
                throw new DomainError('unavailable', 'unavailable', 'the sink is down');
              got.push(seen(event));
            },
          },
        ]);
        await probe.publish(Array.from({ length: 9 }, (_, seq) => ({ subject: down, seq })));
        await eventually(async () => expect(await paused(service)).toBe(1));
        for (let seq = 0; seq < 20; seq++) {
          await probe.publish([{ subject: up, seq }]);
          await eventually(() => expect(got.at(-1)).toEqual({ subject: up, seq }));
        }
        // Between two tries it is not paused for a moment.
        await eventually(async () => expect(await paused(service)).toBe(1));
        away = false;
        await eventually(() => expect(got).toHaveLength(29));
        expect(disorder(got)).toEqual([]);
        expect(got.filter(({ subject }) => subject === down)).toHaveLength(9);
        expect(await deadLetters(probe)).toEqual([]);
      } finally {
        await probe.close();
      }
    });

    it('dead-letters what cannot be read at once, each with the reason', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(6, 1) as [string];
        const good = (seq: number) => probeRecord({ subject, seq });
        const got: number[] = [];
        await probe.service([{ type: ProbeEvent.type, handler: 'probe', one: event => got.push(seqOf(event)) }]);
        const { ce_type: _type, ...untyped } = good(0).headers;
        await probe.driver.publish([
          { ...good(0), value: Buffer.from([0xff, 0xfe, 0x00, 0x7b]) },
          { ...good(0), value: Buffer.from('{"deliveryId":') },
          { ...good(0), value: Buffer.from('{"deliveryId":"dlv_x"}') },
          { ...good(0), value: null },
          { ...good(0), headers: untyped },
          { ...good(0), key: null, headers: {} },
          { ...good(0), headers: { ...good(0).headers, ce_tenantid: 'Not A Slug' } },
          good(1),
        ]);
        await eventually(() => expect(got).toEqual([1]));
        const letters = await eventually(async () => {
          const found = await deadLetters(probe);
          const offset = ({ record }: StoredDeadLetter) => Number(record.headers['dlq-offset']);
          return found.length === 7 && found.sort((a, b) => offset(a) - offset(b));
        });
        expect(letters.map(({ record }) => record.headers['dlq-attempts'])).toEqual(Array(7).fill('1'));
        expect(letters.map(({ record }) => record.headers['dlq-handler'])).toEqual(Array(7).fill('*'));
        const reasons = [
          'not UTF-8',
          'not JSON',
          'data /endpointId',
          'no value',
          '/ce_type',
          '/ce_specversion',
          'tenant slug',
        ];
        letters.forEach(({ record }, index) => expect(record.headers['dlq-error']).toContain(reasons[index]));
        expect(letters[0]!.record.value).toEqual(Buffer.from([0xff, 0xfe, 0x00, 0x7b]));
      } finally {
        await probe.close();
      }
    });

    it('dead-letters whatever text an error has, and goes on', async () => {
      const probe = await Probe.open(harness());
      try {
        // Cut to 1,000 characters it ends in half a character, and no database keeps a NUL.
        const text = `\0${'x'.repeat(991)}\u{1f600}`;
        const got: number[] = [];
        await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => {
              if (seqOf(event) === 0) throw new Error(text);
              got.push(seqOf(event));
            },
          },
        ]);
        await probe.publish([0, 1].map(seq => ({ subject: 's1', seq })));
        await eventually(() => expect(got).toEqual([1]));
        const letters = await eventually(() => deadLetters(probe).then(found => found.length === 1 && found));
        expect(letters[0]!.record.headers['dlq-error']).toMatch(/^Error: \ufffdx{991}\ufffd$/);
      } finally {
        await probe.close();
      }
    });

    it('dead-letters an event once however often an outage before it has its partition delivered again', async () => {
      const probe = await Probe.open(harness());
      try {
        const [down, poisoned] = subjectsIn(4, 2) as [string, string];
        let away = true;
        const got: { subject: string; seq: number }[] = [];
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => {
              if (event.subject === poisoned && seqOf(event) === 0) throw new Error('cannot be handled');
              if (event.subject === down && away)
                // Long enough for the other key to be given up meanwhile.
                return delay(1_500).then(() => {
                  throw new DomainError('unavailable', 'unavailable', 'the sink is down');
                });
              got.push(seen(event));
              return undefined;
            },
          },
        ]);
        await probe.publish([
          { subject: down, seq: 0 },
          { subject: poisoned, seq: 0 },
          { subject: poisoned, seq: 1 },
        ]);
        const outages = async () =>
          (await service.metrics.getSingleMetric('messaging_outages_total')!.get()).values[0]?.value ?? 0;
        await eventually(async () => expect(await outages()).toBeGreaterThanOrEqual(3));
        away = false;
        await eventually(() => expect(got).toContainEqual({ subject: down, seq: 0 }));
        await settled(probe);
        expect(await deadLetters(probe)).toHaveLength(1);
      } finally {
        await probe.close();
      }
    });

    it.each([
      ['TypeError', () => new TypeError('x is not a function')],
      ['RangeError', () => new RangeError('out of range')],
      ['ReferenceError', () => new ReferenceError('x is not defined')],
      ['a thrown string', () => 'just text'],
      ['undefined', () => undefined],
    ])('survives %s out of a handler', async (_name, make) => {
      const probe = await Probe.open(harness());
      try {
        const got: number[] = [];
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async event => {
              if (seqOf(event) === 0) await Promise.reject(make());
              await delay(1);
              got.push(seqOf(event));
            },
          },
        ]);
        await probe.publish([
          { subject: 's1', seq: 0 },
          { subject: 's1', seq: 1 },
        ]);
        await eventually(() => expect(got).toEqual([1]));
        await probe.publish([{ subject: 's1', seq: 2 }]);
        await eventually(() => expect(got).toEqual([1, 2]));
        await eventually(async () => expect(await deadLetters(probe)).toHaveLength(1));
        await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
      } finally {
        await probe.close();
      }
    });
  });
}

async function paused(service: ProbeService): Promise<number> {
  const metric = (await service.metrics.getMetricsAsJSON()).find(({ name }) => name === 'messaging_partitions_paused');
  return metric!.values[0]!.value;
}
