import type { Role } from '@countersign/contracts';
import type { Operation } from './operation.js';

/** Why a run stops before its work is done. */
export type StopReason = 'cancelled' | 'lost' | 'stopping';

/** An operation as the work on it sees it: who it acts as, how far it is, and whether it is to stop. */
export class OperationRun {
  private readonly stopped = new AbortController();
  private stoppedFor?: StopReason;
  private doneItems: number;
  private failedItems: number;

  /** @param roles the starter's, as far as it still has them */
  constructor(
    readonly operation: Operation,
    public roles: readonly Role[],
  ) {
    this.doneItems = operation.done;
    this.failedItems = operation.failed;
  }

  /** Aborted when no further item may be begun; those under way are finished. */
  get signal(): AbortSignal {
    return this.stopped.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.stoppedFor;
  }

  /** Items that are over, the failed ones among them. */
  get progress(): { done: number; failed: number } {
    return { done: this.doneItems, failed: this.failedItems };
  }

  /** How far the work is, counted anew: what was noted before a crash may be a moment old. */
  resumeAt(progress: { done: number; failed: number }): void {
    this.doneItems = progress.done;
    this.failedItems = progress.failed;
  }

  /** One item is over. */
  count(outcome: 'succeeded' | 'failed'): void {
    this.doneItems += 1;
    if (outcome === 'failed') this.failedItems += 1;
  }

  stop(reason: StopReason): void {
    this.stoppedFor ??= reason;
    this.stopped.abort();
  }
}
