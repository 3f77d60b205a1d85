import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { FaultRun } from './fault-run.js';
import { metric } from './metrics.js';
import { newSeed, plan, REPEATED_PER_KILL } from './plan.js';
import { Replica } from './replica.js';

const RELAYED = 'user-lifecycle';
const REPLICATED = [RELAYED, 'webhook-dispatcher', 'auth-mfa'] as const;
/** Longer than anything that a silent process keeps: its session in the group (4 s), its relay's lock (10 s), its claims (10 s). */
const PAUSED_MS = 14_000;

describe('two replicas of each service, of which one is stopped in the middle and goes on later', () => {
  let run: FaultRun;
  const replicas = new Map<string, Replica>();

  beforeAll(async () => {
    run = await FaultRun.start({ fault: 'replica paused for 14 s, two relays', seed: newSeed() });
    await Promise.all(
      REPLICATED.map(async service => {
        const replica = await Replica.of(await run.victims.service(service), `${run.logPrefix}.${service}-replica.log`);
        replicas.set(service, replica);
      }),
    );
  });

  afterAll(async () => {
    await Promise.all([...replicas.values()].map(replica => replica.kill()));
    await run.dispose();
  });

  it('is survived by the events: the other one takes over, and the sleeper harms nothing when it wakes', async () => {
    const relay = replicas.get(RELAYED);
    if (!relay) throw new Error('beforeAll has started it');
    for (let times = 0; times < plan().pauses; times++) {
      // The replica leads once the supervised process has died at the right moment.
      while (!(await relay.leads())) run.struck(await run.victims.killServices(RELAYED));
      for (const replica of replicas.values()) replica.pause();
      const paused = performance.now();
      await run.progress(30);
      await pause(Math.max(0, PAUSED_MS - (performance.now() - paused)));
      await eventually(
        'the supervised process relays',
        async () => (await metric(await run.victims.managementUrl(RELAYED), 'messaging_relay_leader')) === 1,
        // Threefold what a relay's lock lasts that was paused inside its transaction.
        { deadlineMs: 60_000 },
      );
      run.struck(performance.now() - paused);
      // At this moment both believe to lead, to hold the same partitions and the same deliveries.
      for (const replica of replicas.values()) replica.resume();
      await run.progress(50);
    }
  });

  it('loses, doubles and disorders nothing that was acknowledged, also when the sleepers are killed then', async () => {
    await Promise.all([...replicas.values()].map(replica => replica.kill()));
    await run.progress(10);
    await run.judge(3 * plan().pauses * REPEATED_PER_KILL);
  });
});
