import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@countersign/kernel';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Tries of a row that fail though others have got through since its try before. */
const TRIES_ALONE = 4;
/** Refusals of the moment, though their kind says otherwise: what they lost against is over soon. */
const OF_THE_MOMENT = ['attributes_changed', 'concurrent_change'];

/** Whether the same row may succeed a little later, as it is. */
export function isPassing(error: unknown): error is DomainError {
  return (
    error instanceof DomainError &&
    (error.kind === 'unavailable' || error.kind === 'rate_limited' || OF_THE_MOMENT.includes(error.code))
  );
}

/** Time as patience sees it, in milliseconds. */
export interface Stopwatch {
  now(): number;
  /** @throws AbortError when the signal aborts first */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const realTime: Stopwatch = {
  now: () => performance.now(),
  pause: (ms, signal) => delay(ms, undefined, { signal }),
};

/**
 * How long the rows of one import wait for a receiver or a service that is away. While nothing gets through, all wait, up to a
 * bounded time, after which each row fails at its first try until something gets through again. A row that fails while
 * others get through is given up after a few tries.
 */
export class Patience {
  /** When the outage under way began. */
  private outageSince?: number;
  private successes = 0;

  constructor(
    private readonly longestMs: number,
    private readonly time = realTime,
  ) {}

  /** A row got its answer from what may be away, whichever it is. */
  reached(): void {
    this.outageSince = undefined;
    this.successes += 1;
  }

  /** Runs the work until it succeeds or fails for good. @throws what it throws for good, or at last */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let alone = 0;
    let seen = this.successes;
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw error;
        const since = (this.outageSince ??= this.time.now());
        if (this.successes > seen) alone += 1;
        seen = this.successes;
        if (alone >= TRIES_ALONE || this.time.now() - since > this.longestMs) throw error;
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
        await this.time.pause(wait * (0.75 + Math.random() / 2), signal);
      }
    }
  }
}
