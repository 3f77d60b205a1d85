const START = 8;
export const CONCURRENCY_MAX = 64;
const DECREASE_PAUSE_MS = 1_000;

/**
 * How many attempts one endpoint may have in flight: additive increase while it answers, halved when it is overloaded
 * (time-out, no connection, 429, 502, 503, 504), so a slow receiver takes few slots and a fast one many.
 */
export class ConcurrencyLimit {
  private value: number;
  private decreasedAt = -Infinity;

  /** @param max the endpoint's own maxConcurrency */
  constructor(private max: number = CONCURRENCY_MAX) {
    this.value = Math.min(START, max);
  }

  get current(): number {
    return Math.floor(this.value);
  }

  setMax(max: number): void {
    this.max = max;
    this.value = Math.min(this.value, max);
  }

  answered(): void {
    this.value = Math.min(this.max, this.value + 1 / this.value);
  }

  /**
   * One burst of failures is one signal, however many attempts were in flight.
   * @param now milliseconds of a clock that never goes back
   */
  overloaded(now: number): void {
    if (now - this.decreasedAt < DECREASE_PAUSE_MS) return;
    this.decreasedAt = now;
    this.value = Math.max(1, this.value / 2);
  }
}
