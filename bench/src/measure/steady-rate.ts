/** The first tenth of the work is warming up: joining, first fetches, code that is compiled. */
const WARM_UP = 0.1;

/** Counts what is done and knows the rate of all but the first tenth of it. */
export class SteadyRate {
  private warmAt?: { time: number; done: number };
  private done = 0;

  constructor(private readonly target: number) {}

  add(count: number): void {
    this.done += count;
    if (this.done >= this.target * WARM_UP) this.warmAt ??= { time: performance.now(), done: this.done };
  }

  get isReached(): boolean {
    return this.done >= this.target;
  }

  /** Per second, from the end of the first tenth until now. */
  get perSecond(): number {
    if (!this.warmAt) throw new Error('Less than a tenth is done');
    return ((this.done - this.warmAt.done) * 1_000) / (performance.now() - this.warmAt.time);
  }
}
