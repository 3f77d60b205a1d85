/** A lane stays blocked for so long after something of it went back to the queue, in milliseconds. */
const BLOCKED_MS = 30_000;

/**
 * Lanes of which a delivery went back to the queue a moment ago. Whoever inserted a later one meanwhile may have seen the
 * earlier one still in this replica's memory and claimed the later one for it: that must go back as well, because only the
 * queue knows the order now.
 */
export class BlockedLanes {
  /** Until when, by a clock that never goes back. */
  private readonly until = new Map<string, number>();

  block(lane: string | undefined, now: number): void {
    if (lane !== undefined) this.until.set(lane, now + BLOCKED_MS);
  }

  isBlocked(lane: string | undefined, now: number): boolean {
    return lane !== undefined && (this.until.get(lane) ?? 0) > now;
  }

  /** Forgets those whose time is over. */
  prune(now: number): void {
    for (const [lane, until] of this.until) if (until <= now) this.until.delete(lane);
  }
}
