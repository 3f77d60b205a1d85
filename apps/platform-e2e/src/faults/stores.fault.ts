import { afterAll, beforeAll, describe, it } from 'vitest';
import { FaultRun } from './fault-run.js';
import { newSeed, plan, REPEATED_PER_KILL } from './plan.js';

describe.each(plan().stores)('kill -9 of the %s under load', store => {
  let run: FaultRun;

  beforeAll(async () => {
    run = await FaultRun.start({ fault: `kill -9 of the ${store.toLowerCase()}`, seed: newSeed() });
  });

  afterAll(() => run.dispose());

  it('is survived: it is started again and the load goes on', async () => {
    for (let kill = 0; kill < plan().storeKills; kill++) {
      run.struck(await run.victims[`kill${store}`]());
      await run.progress(30);
    }
  });

  it('loses, doubles and disorders nothing that was acknowledged', async () => {
    await run.judge(plan().storeKills * REPEATED_PER_KILL);
  });
});
