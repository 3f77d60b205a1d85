import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from './changes.js';
import { FaultRun } from './fault-run.js';
import { newSeed, plan, REPEATED_PER_KILL } from './plan.js';
import { SERVICES, type Service } from './victims.js';

describe('kill -9 of the services under load', () => {
  const seed = newSeed();
  let run: FaultRun;

  beforeAll(async () => {
    run = await FaultRun.start({ fault: 'kill -9 of a service', seed });
  });

  afterAll(() => run.dispose());

  it('is survived by each of them, two at once, in any order, at any moment', async () => {
    const { rounds } = plan();
    const random = seededRandom(seed);
    for (let round = 0; round < rounds; round++) {
      const order = SERVICES.map(service => ({ service, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ service }) => service);
      for (const [one, other] of [order.slice(0, 2), order.slice(2)] as [Service, Service][]) {
        run.struck(await run.victims.killServices(one, other), 2);
        await run.progress(5 + Math.floor(random() * 20));
      }
    }
    expect(run.workload.acknowledged).toBeGreaterThan(rounds * 10);
  });

  it('loses, doubles and disorders nothing that was acknowledged', async () => {
    await run.judge(plan().rounds * REPEATED_PER_KILL);
  });
});
