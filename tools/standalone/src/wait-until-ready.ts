import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './fleet.js';
import type { Reporter } from './reporter.js';

const DEADLINE_MS = 180_000;
const EXPLAIN_EVERY_MS = 10_000;
const DEATHS_THAT_GIVE_UP = 4;

/** A service cannot be brought up; the message holds the end of its log. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

/**
 * Waits until the gateway says, on the port for people, that everything behind it is ready.
 * @throws StartFailed when a service keeps dying, or after 3 minutes
 */
export async function waitUntilReady(
  fleet: Fleet,
  gatewayUrl: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const start = Date.now();
  for (let explainAt = start + EXPLAIN_EVERY_MS; ;) {
    if (await answers200(`${gatewayUrl}/readyz`)) return;
    const [failing] = fleet.failing(DEATHS_THAT_GIVE_UP);
    if (failing)
      throw new StartFailed(
        `${failing.name} cannot be started. Its log (${failing.log.path}) ends with:\n${failing.log.tail(12)}`,
      );
    if (Date.now() > explainAt) {
      explainAt += EXPLAIN_EVERY_MS;
      const states = Object.entries(await fleet.unready()).map(([name, state]) => `${name} (${state})`);
      reporter.say(`Still waiting for ${states.join(', ') || 'the gateway'}`);
      if (Date.now() - start > DEADLINE_MS)
        throw new StartFailed(`The platform is not ready after ${DEADLINE_MS / 1000} s: ${states.join(', ')}`);
    }
    await delay(100, undefined, { signal });
  }
}

async function answers200(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
