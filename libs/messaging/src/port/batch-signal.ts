/** Why a batch is to end. */
export type AbortReason = typeof STOPPING | typeof RELEASED | typeof LOST;

/** The consumer shuts down; what runs has a bounded time to end. */
export const STOPPING = 'stopping' as const;
/** The group gives the partition to another member, which waits until this one lets it go. */
export const RELEASED = 'released' as const;
/** The partition is already another member's, or was set back: nothing of the batch may be begun any more. */
export const LOST = 'lost' as const;

/**
 * Tells a batch that nothing new of it may be begun. An AbortSignal keeps its first reason; here others may follow, as when
 * a member that lets a partition go is shut down, or is expelled from its group meanwhile.
 */
export class BatchSignal {
  private readonly reasons = new Set<AbortReason>();
  private readonly listeners = new Set<() => void>();

  get aborted(): boolean {
    return this.reasons.size > 0;
  }

  has(reason: AbortReason): boolean {
    return this.reasons.has(reason);
  }

  abort(reason: AbortReason): void {
    if (this.reasons.has(reason)) return;
    this.reasons.add(reason);
    for (const listener of this.listeners) listener();
  }

  /** Calls the listener at each reason from now on, until the function that it answers is called. */
  onAbort(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
