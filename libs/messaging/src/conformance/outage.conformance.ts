import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS } from '@countersign/contracts';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { disorder, Probe, probeData, ProbeEvent, seqOf, TENANT, type BreakableBus } from '../../test/support/probe.js';
import { settled } from '../../test/support/settled.js';

interface Seen {
  subject: string;
  seq: number;
}

const WRITERS = 8;
const nameOf = ({ subject, seq }: Seen) => `${subject} ${seq}`;

export function describeOutage(open: () => Promise<BreakableBus>): void {
  describe('outage', { timeout: 120_000 }, () => {
    it('says so, then goes on by itself: loses nothing that it acknowledged, keeps each key in order', async () => {
      const bus = await open();
      const probe = await Probe.open(bus.harness);
      const done = new AbortController();
      try {
        const got: Seen[] = [];
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => got.push({ subject: event.subject, seq: seqOf(event) }),
          },
        ]);
        const { uow } = await probe.persistence(WRITERS);
        const acknowledged: Seen[] = [];
        let tries = 0;
        const write = async (subject: string) => {
          for (let seq = 0; !done.signal.aborted; seq++) {
            const added = uow.run(TENANT, tx => service.messaging.outbox.add(tx, ProbeEvent, subject, probeData(seq)));
            await added.then(
              () => acknowledged.push({ subject, seq }),
              () => undefined,
            );
            tries++;
            await delay(10);
          }
        };
        const writing = Array.from({ length: WRITERS }, (_, n) => write(`s${n}`));
        await eventually(() => expect(got.length).toBeGreaterThan(100));
        await bus.takeAway(probe);
        const reason = await eventually(async () => (await service.messaging.readiness()) ?? false, 30_000);
        expect(reason).not.toBe('');
        const before = tries;
        await eventually(() => expect(tries).toBeGreaterThan(before + 20 * WRITERS), 60_000);
        await bus.giveBack(probe);
        await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined(), 60_000);
        done.abort();
        await Promise.all(writing);
        const missing = () => {
          const seen = new Set(got.map(nameOf));
          return acknowledged.map(nameOf).filter(name => !seen.has(name));
        };
        await eventually(() => expect(missing()).toEqual([]), 30_000);
        await settled(probe);
        expect(disorder(got)).toEqual([]);
        expect(got.length - new Set(got.map(nameOf)).size).toBeLessThanOrEqual(probe.config.BUS_WINDOW * PARTITIONS);
      } finally {
        done.abort();
        await probe.close();
        await bus.close();
      }
    });
  });
}
