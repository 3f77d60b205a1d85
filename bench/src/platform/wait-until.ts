import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats `probe` until it answers true.
 * @throws Error naming what was waited for when the time is over
 */
export async function waitUntil(
  what: string,
  probe: () => boolean | Promise<boolean>,
  { timeoutMs = 120_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  for (const end = performance.now() + timeoutMs; !(await probe());) {
    if (performance.now() > end) throw new Error(`Not within ${timeoutMs / 1_000} s: ${what}`);
    await delay(everyMs);
  }
}
