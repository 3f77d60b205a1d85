import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds until the wait is given up: three times what the platform promises. Default 15 s. */
  readonly deadlineMs?: number;
  readonly everyMs?: number;
}

/**
 * Repeats the probe until it returns something other than undefined or false without throwing.
 * @throws Error naming `what`, caused by the probe's last failure, when the deadline has passed.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { deadlineMs = 15_000, everyMs = 50 }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + deadlineMs;
  let failure: unknown;
  do {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await pause(everyMs);
  } while (performance.now() < deadline);
  const reason = failure instanceof Error ? `: ${failure.message}` : '';
  throw new Error(`not within ${String(deadlineMs)} ms: ${what}${reason}`, { cause: failure });
}
