interface Lane<J> {
  /** Jobs that are queued to run or running. */
  holders: number;
  waiting: J[];
}

/**
 * Keeps one user's first attempts to one endpoint in order, one after the other. A job enters the lane of its key; it may run
 * once all that entered before it have left. An announced job waits for nothing, but later ones wait for it.
 */
export class OrderLanes<J> {
  private readonly lanes = new Map<string, Lane<J>>();

  /** @returns whether the job may run now; otherwise a later `leave` gives it back */
  enter(key: string, job: J, waitsForNothing = false): boolean {
    const lane = this.lanes.get(key);
    if (!lane) {
      this.lanes.set(key, { holders: 1, waiting: [] });
      return true;
    }
    if (waitsForNothing) {
      lane.holders++;
      return true;
    }
    lane.waiting.push(job);
    return false;
  }

  /** A job of the lane is over. @returns the one that may run now, if any */
  leave(key: string): J | undefined {
    const lane = this.lanes.get(key);
    if (!lane || --lane.holders > 0) return undefined;
    const next = lane.waiting.shift();
    if (next === undefined) this.lanes.delete(key);
    else lane.holders = 1;
    return next;
  }

  /** Takes out what waits in the lane: it goes back to where it came from, in its order. */
  abandon(key: string): J[] {
    return this.lanes.get(key)?.waiting.splice(0) ?? [];
  }
}
