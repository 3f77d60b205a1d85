/** A wake-up call: whoever waits goes on at the next `fire`; a call while nobody waits is kept for the next who does. */
export class Signal {
  private fired = false;
  private resolve?: () => void;

  fire(): void {
    this.fired = true;
    this.resolve?.();
  }

  /** Resolves when fired, or after so many milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.fired) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>(resolve => {
        this.resolve = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.resolve = undefined;
    }
    this.fired = false;
  }
}
