import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS } from '@countersign/contracts';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { forkConsumer, type ConsumerProcess } from '../../test/support/fork-consumer.js';
import {
  disorder,
  openBrief,
  Probe,
  probeData,
  ProbeEvent,
  subjectsIn,
  TENANT,
  type BusHarness,
} from '../../test/support/probe.js';
import { settled } from '../../test/support/settled.js';

interface Arrival {
  subject: string;
  seq: number;
  member: string;
}

const EVENTS = 24_000;
const SUBJECTS = 400;

export function describeGroups(harness: () => BusHarness): void {
  describe('groups', { timeout: 90_000 }, () => {
    it(
      'loses nothing and keeps each key in order over a kill -9, a join and a leave of three processes',
      { timeout: 120_000 },
      async () => {
        const probe = await openBrief(harness);
        const processes: ConsumerProcess[] = [];
        const join = async () => {
          const member = await forkConsumer(probe, { handlerMs: 0 });
          processes.push(member);
          return member;
        };
        try {
          const [killed, leaving] = await Promise.all([join(), join(), join()]);
          const publish = (from: number, to: number) =>
            probe.publish(
              Array.from({ length: to - from }, (_, n) => ({
                subject: `s${(from + n) % SUBJECTS}`,
                seq: Math.floor((from + n) / SUBJECTS),
              })),
            );
          const arrived = async (least: number) =>
            eventually(async () => expect(await count(probe)).toBeGreaterThan(least), 60_000);
          await publish(0, EVENTS / 3);
          await arrived(EVENTS / 10);
          expect(await killed!.end('SIGKILL')).toBe('SIGKILL');
          await publish(EVENTS / 3, (EVENTS * 2) / 3);
          await arrived(EVENTS / 3);
          await join();
          await publish((EVENTS * 2) / 3, EVENTS);
          await arrived(EVENTS / 2);
          expect(await leaving!.end('SIGTERM')).toBe(0);
          await eventually(async () => expect(await distinct(probe)).toBe(EVENTS), 60_000);
          await settled(probe);
          const all = await arrivals(probe);
          expect(disorder(all)).toEqual([]);
          expect(all.length - EVENTS).toBeLessThanOrEqual(probe.config.BUS_WINDOW * PARTITIONS);
          expect(new Set(all.map(({ member }) => member)).size).toBe(4);
        } finally {
          await Promise.all(processes.map(member => member.end('SIGKILL')));
          await probe.close();
        }
      },
    );

    it('drains, commits and leaves within 5 s of a SIGTERM, and the next member repeats nothing', async () => {
      const probe = await Probe.open(harness());
      try {
        const first = await forkConsumer(probe, { handlerMs: 300 });
        await probe.publish(
          Array.from({ length: 2_000 }, (_, n) => ({ subject: `s${n % 100}`, seq: Math.floor(n / 100) })),
        );
        await eventually(async () => expect(await count(probe)).toBeGreaterThan(50));
        const start = Date.now();
        expect(await first.end('SIGTERM')).toBe(0);
        expect(Date.now() - start).toBeLessThan(5_000);
        const before = await count(probe);
        expect(before).toBeLessThan(2_000);
        const second = await forkConsumer(probe, { handlerMs: 0 });
        // The group was left, not lost: the successor need not wait for a lease to end.
        await eventually(async () => expect(await distinct(probe)).toBe(2_000));
        await settled(probe);
        expect(await second.end('SIGTERM')).toBe(0);
        expect(await count(probe)).toBe(2_000);
        expect(disorder(await arrivals(probe))).toEqual([]);
      } finally {
        await probe.close();
      }
    });

    it('leaves within 5 s of a SIGTERM even while a handler hangs, and that event alone comes again', async () => {
      const probe = await Probe.open(harness());
      try {
        const [hanging] = subjectsIn(0, 1) as [string];
        const first = await forkConsumer(probe, { handlerMs: 0, hangs: hanging });
        await probe.publish([{ subject: hanging, seq: 0 }, ...subjectsIn(1, 10).map(subject => ({ subject, seq: 0 }))]);
        await eventually(async () => expect(await count(probe)).toBe(11));
        const start = Date.now();
        expect(await first.end('SIGTERM')).toBe(0);
        expect(Date.now() - start).toBeLessThan(5_000);
        const second = await forkConsumer(probe, { handlerMs: 0 });
        await settled(probe);
        await second.end('SIGTERM');
        const again = (await arrivals(probe)).filter(({ member }) => member === String(second.pid));
        expect(again.map(({ subject }) => subject)).toEqual([hanging]);
      } finally {
        await probe.close();
      }
    });

    it('takes over the partitions and the relay of a process that is stopped in the middle', async () => {
      const probe = await openBrief(harness);
      let stopped: ConsumerProcess | undefined;
      try {
        stopped = await forkConsumer(probe, { handlerMs: 0 });
        const got = new Set<string>();
        const service = await probe.service([
          { type: ProbeEvent.type, handler: 'probe', one: event => got.add(event.subject) },
        ]);
        process.kill(stopped.pid, 'SIGSTOP');
        const { uow } = await probe.persistence(1);
        // Commits go on meanwhile: their wake-ups, unread, must not keep the sleeper's session alive.
        const subjects: string[] = [];
        for (const giveUp = performance.now() + 45_000; got.size === 0 && performance.now() < giveUp;) {
          const subject = `s${subjects.length}`;
          await uow.run(TENANT, async tx => {
            await service.messaging.outbox.add(tx, ProbeEvent, subject, probeData(0));
          });
          subjects.push(subject);
        }
        await eventually(() => expect([...got].sort()).toEqual([...subjects].sort()), 45_000);
        process.kill(stopped.pid, 'SIGCONT');
        expect(await stopped.end('SIGTERM')).toBe(0);
        await settled(probe);
        await eventually(async () => expect(await service.messaging.readiness()).toBeUndefined());
      } finally {
        await stopped?.end('SIGKILL');
        await probe.close();
      }
    });

    it('does not take a partition from a member whose handler is slower than the session timeout', async () => {
      const bus = harness();
      const { leastSessionMs } = bus;
      const probe = await Probe.open(bus, { BUS_SESSION_TIMEOUT_MS: leastSessionMs });
      try {
        const [slow] = subjectsIn(0, 1) as [string];
        const got: string[] = [];
        let ended = 0;
        const member = (name: string) => ({
          type: ProbeEvent.type,
          handler: 'probe',
          one: async (event: { subject: string }) => {
            got.push(name);
            if (event.subject === slow) await delay(1.5 * leastSessionMs);
            ended++;
          },
        });
        const first = await probe.service([member('first')]);
        await probe.publish([{ subject: slow, seq: 0 }]);
        await eventually(() => expect(got).toEqual(['first']));
        await probe.service([member('second')]);
        await eventually(() => expect(ended).toBe(1));
        await settled(probe);
        expect(got).toEqual(['first']);
        await eventually(async () => expect(await first.messaging.readiness()).toBeUndefined());
      } finally {
        await probe.close();
      }
    });

    it('shares the partitions out among the members and gives them back when one stops', async () => {
      const probe = await Probe.open(harness());
      try {
        const by = new Map<string, Set<number>>();
        const subjects = Array.from({ length: PARTITIONS }, (_, partition) => subjectsIn(partition, 1)[0]!);
        const member = async (name: string) => {
          by.set(name, new Set());
          const one = (event: { subject: string }) => by.get(name)!.add(subjects.indexOf(event.subject));
          return probe.service([{ type: ProbeEvent.type, handler: 'probe', one }]);
        };
        let seq = 0;
        const shares = async () => {
          for (const partitions of by.values()) partitions.clear();
          await probe.publish(subjects.map(subject => ({ subject, seq })));
          seq++;
          await settled(probe);
          return [...by.values()].map(partitions => partitions.size);
        };
        const first = await member('first');
        await eventually(async () => expect(await shares()).toEqual([12]));
        await member('second');
        await member('third');
        await eventually(async () => expect(await shares()).toEqual([4, 4, 4]));
        await first.messaging.stop();
        await eventually(async () => expect(await shares()).toEqual([0, 6, 6]));
      } finally {
        await probe.close();
      }
    });
  });
}

async function number(probe: Probe, expression: string): Promise<number> {
  const { rows } = await probe.database.admin.query<{ n: number }>(
    `select ${expression}::int as n from bus_probe.arrival`,
  );
  return rows[0]!.n;
}

const count = (probe: Probe) => number(probe, 'count(*)');
const distinct = (probe: Probe) => number(probe, 'count(distinct event_id)');

async function arrivals(probe: Probe): Promise<Arrival[]> {
  return (await probe.database.admin.query<Arrival>('select subject, seq, member from bus_probe.arrival order by at'))
    .rows;
}
