import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { forkConsumer, type ConsumerProcess } from '../../test/support/fork-consumer.js';
import {
  disorder,
  openBrief,
  Probe,
  ProbeEvent,
  seqOf,
  subjectsIn,
  type BusHarness,
} from '../../test/support/probe.js';
import { settled } from '../../test/support/settled.js';

const SUBJECTS = 60;

export function describeHandover(harness: () => BusHarness): void {
  describe('handover', { timeout: 90_000 }, () => {
    it('has no key in two members at once and repeats nothing while members join and leave in order', async () => {
      const probe = await Probe.open(harness());
      try {
        const open = new Set<string>();
        const overlaps: string[] = [];
        const got: { subject: string; seq: number }[] = [];
        const handlers = [
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async (event: Parameters<typeof seqOf>[0]) => {
              const { subject } = event;
              if (open.has(subject)) overlaps.push(`${subject} ${seqOf(event)}`);
              open.add(subject);
              got.push({ subject, seq: seqOf(event) });
              await delay(Math.random() * 30);
              open.delete(subject);
            },
          },
        ];
        let sent = 0;
        const send = async (count: number) => {
          const events = Array.from({ length: count }, (_, n) => ({
            subject: `s${(sent + n) % SUBJECTS}`,
            seq: Math.floor((sent + n) / SUBJECTS),
          }));
          sent += count;
          await probe.publish(events);
        };
        const handled = (least: number) => eventually(() => expect(got.length).toBeGreaterThan(least), 30_000);
        const first = await probe.service(handlers);
        await send(3_000);
        await handled(200);
        const second = await probe.service(handlers);
        await handled(1_000);
        await probe.service(handlers);
        await send(2_000);
        await handled(1_800);
        await first.stop();
        await handled(2_600);
        await second.stop();
        await eventually(() => expect(got.length).toBeGreaterThanOrEqual(sent), 30_000);
        await settled(probe);
        expect(overlaps).toEqual([]);
        expect(disorder(got)).toEqual([]);
        expect(got).toHaveLength(sent);
      } finally {
        await probe.close();
      }
    });

    it('refuses what a member commits that was stopped for longer than its session', async () => {
      const probe = await openBrief(harness);
      const processes: ConsumerProcess[] = [];
      const join = async (handlerMs: number) => {
        const member = await forkConsumer(probe, { handlerMs });
        processes.push(member);
        return member;
      };
      try {
        const subjects = subjectsIn(0, 40);
        const count = async (where = 'true') =>
          (
            await probe.database.admin.query<{ n: number }>(
              `select count(*)::int as n from bus_probe.arrival where ${where}`,
            )
          ).rows[0]!.n;
        const stopped = await join(400);
        await probe.publish(subjects.map(subject => ({ subject, seq: 0 })));
        await eventually(async () => expect(await count()).toBeGreaterThan(8));
        process.kill(stopped.pid, 'SIGSTOP');
        const heir = await join(0);
        await eventually(async () => expect(await count(`member = '${heir.pid}'`)).toBeGreaterThan(0), 45_000);
        await settled(probe);
        expect(await count()).toBeGreaterThanOrEqual(subjects.length);
        process.kill(stopped.pid, 'SIGCONT');
        // It goes on, finds out, and takes part again: what it had handled meanwhile it may not commit.
        await probe.publish(subjectsIn(0, 60).map(subject => ({ subject, seq: 1 })));
        await eventually(async () => expect(await count('seq = 1')).toBeGreaterThanOrEqual(60));
        await settled(probe);
        expect([await stopped.end('SIGTERM'), await heir.end('SIGTERM')]).toEqual([0, 0]);
        const last = await join(0);
        await settled(probe);
        expect(await count(`member = '${last.pid}'`)).toBe(0);
      } finally {
        await Promise.all(processes.map(member => member.end('SIGKILL')));
        await probe.close();
      }
    });
  });
}
