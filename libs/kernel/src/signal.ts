/** A wake-up call: all who wait go on at the next `fire`; a call while nobody waits is kept for the next who does. */
export class Signal {
  private fired = false;
  private readonly waiting = new Set<() => void>();

  fire(): void {
    this.fired = this.waiting.size === 0;
    for (const wake of this.waiting) wake();
  }

  /** Resolves when fired, or after so many milliseconds. */
  async wait(ms: number): Promise<void> {
    if (this.fired) {
      this.fired = false;
      return;
    }
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.waiting.add(wake);
    });
  }
}
