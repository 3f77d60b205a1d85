import { setTimeout as delay } from 'node:timers/promises';

/** Repeats `probe` until it neither throws nor answers false; @throws its last failure after `timeoutMs`. */
export async function eventually<T>(probe: () => T | Promise<T>, timeoutMs = 15_000): Promise<Exclude<T, false>> {
  for (const end = Date.now() + timeoutMs; ;) {
    let failure: unknown = new Error(`Not so within ${timeoutMs} ms`);
    try {
      const value = await probe();
      if (value !== false) return value as Exclude<T, false>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= end) throw failure;
    await delay(20);
  }
}
