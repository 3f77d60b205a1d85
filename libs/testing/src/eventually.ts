import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats `probe` until it neither throws (a failed `expect` does) nor answers false or null, and answers what it answered.
 * @param options.timeoutMs how long to try; default 10 000: a limit, not an expectation
 * @throws the last failure when the time is over
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, false | null>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const end = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await probe();
      if (value !== false && value !== null) return value as Exclude<T, false | null>;
      failure = new Error(`Not so within ${timeoutMs} ms: the probe answered ${String(value)}`);
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= end) throw failure;
    await delay(options.everyMs ?? 20);
  }
}
