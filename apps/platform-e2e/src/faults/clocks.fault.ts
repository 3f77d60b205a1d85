import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { FaultRun } from './fault-run.js';
import { newSeed, plan } from './plan.js';

const HOUR_MS = 3_600_000;

describe('clocks that jump by an hour, and back', () => {
  let run: FaultRun;

  beforeAll(async () => {
    run = await FaultRun.start({ fault: 'clock +1 h / -1 h', seed: newSeed(), clocksWrong: true });
  });

  afterAll(() => run.dispose());

  const jumps = plan().clocks.flatMap(services => [HOUR_MS, -HOUR_MS].map(errorMs => ({ services, errorMs })));

  it.each(jumps)('are survived: $errorMs ms at $services', async ({ services, errorMs }) => {
    await run.clocks.set(services, errorMs);
    await pause(plan().clockWrongMs);
    await run.clocks.right();
    const start = performance.now();
    await run.progress(20);
    run.struck(performance.now() - start);
  });

  it('lose, double and disorder nothing that was acknowledged', async () => {
    await run.judge(0);
  });
});
