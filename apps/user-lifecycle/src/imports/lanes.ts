/** Runs pieces of work side by side, a bounded number at a time; those with the same key one after the other, in order. */
export class Lanes {
  private readonly running = new Set<Promise<void>>();
  private readonly tails = new Map<string, Promise<void>>();
  private failure?: { error: unknown };

  constructor(private readonly size: number) {}

  /**
   * Resolves when the work has a lane.
   * @throws what an earlier piece of work has thrown; nothing further is begun then
   */
  async start(key: string, work: () => Promise<void>): Promise<void> {
    while (this.running.size >= this.size) await Promise.race(this.running);
    this.check();
    const before = this.tails.get(key);
    const run = (before ? before.then(() => this.attempt(work)) : this.attempt(work)).finally(() => {
      this.running.delete(run);
      if (this.tails.get(key) === run) this.tails.delete(key);
    });
    this.running.add(run);
    this.tails.set(key, run);
  }

  /** Resolves when nothing is under way. @throws what a piece of work has thrown */
  async idle(): Promise<void> {
    await Promise.all(this.running);
    this.check();
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.failure) return;
    try {
      await work();
    } catch (error) {
      this.failure ??= { error };
    }
  }
}
