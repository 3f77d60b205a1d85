const FAILURES_TO_OPEN = 5;
const FIRST_OPEN_MS = 30_000;
const MAX_OPEN_MS = 300_000;
/** A probe that never reports back (its process died) gives its turn away after this time. */
export const PROBE_LEASE_MS = 60_000;

/** What is kept of a breaker, in the database and between replicas. Times are milliseconds since the epoch. */
export interface BreakerState {
  /** Attempts that failed in a row. */
  failures: number;
  /** How often it opened since the last success. */
  opened: number;
  /** 0 = closed; in the future = nothing is sent; in the past = one attempt may try. */
  openUntil: number;
}

export const CLOSED: BreakerState = { failures: 0, opened: 0, openUntil: 0 };

/**
 * An endpoint's circuit breaker (api.md): opens after 5 failed attempts in a row, lets one attempt through after 30 s, and
 * doubles that to 5 min while they fail. Any success closes it.
 */
export class Breaker {
  private state: BreakerState = CLOSED;

  get current(): BreakerState {
    return this.state;
  }

  /** Takes over what another replica or an earlier life of this process knew. */
  restore(state: BreakerState): void {
    this.state = state;
  }

  phase(now: number): 'closed' | 'open' | 'half_open' {
    if (this.state.openUntil === 0) return 'closed';
    return now < this.state.openUntil ? 'open' : 'half_open';
  }

  /** While half open: takes the one turn; nobody else gets it until the attempt is over or its lease has run out. */
  takeProbe(now: number): boolean {
    if (this.phase(now) !== 'half_open') return false;
    this.state = { ...this.state, openUntil: now + PROBE_LEASE_MS };
    return true;
  }

  /** @returns whether the state changed in a way that others must learn of */
  succeeded(): boolean {
    const changed = this.state.openUntil !== 0 || this.state.failures > 0;
    this.state = CLOSED;
    return changed;
  }

  /**
   * @param probe whether the attempt was the one that a half-open breaker let through: others, begun before it opened, must
   * not double the time again
   * @returns whether it opened now
   */
  failed(now: number, probe: boolean): boolean {
    const failures = this.state.failures + 1;
    const open = this.state.openUntil !== 0;
    if (open ? !probe : failures < FAILURES_TO_OPEN) {
      this.state = { ...this.state, failures };
      return false;
    }
    const openMs = Math.min(FIRST_OPEN_MS * 2 ** this.state.opened, MAX_OPEN_MS);
    this.state = { failures, opened: this.state.opened + 1, openUntil: now + openMs };
    return true;
  }
}
