import { STOPPING, type AbortReason } from '../port/batch-signal.js';
import type { ConsumerOptions } from '../port/bus-driver.js';
import type { HeldPartition } from './held-partition.js';

export interface HeldPartitionsOptions<P extends HeldPartition> extends Pick<
  ConsumerOptions,
  'partitionsAtOnce' | 'onAssignment' | 'onPaused'
> {
  /** Whether the partition has something for a batch. */
  hasRecords(partition: P): boolean;
  /** Called when a partition that was aborted has ended its batch. */
  onIdle(): void;
}

/** The partitions that a member has, of which so many have a batch under way at a time, each in its turn. */
export class HeldPartitions<P extends HeldPartition> {
  private readonly held = new Map<string, P>();
  /** Partitions on their way out: their batch still ends. */
  private readonly leaving = new Set<P>();
  /** Partitions that were dropped while their batch ran. */
  private readonly dropped = new Map<string, P>();
  private assignment = '';
  private stopping = false;

  constructor(private readonly options: HeldPartitionsOptions<P>) {}

  get draining(): boolean {
    return this.stopping;
  }

  get(name: string): P | undefined {
    return this.held.get(name);
  }

  all(): P[] {
    return [...this.held.values()];
  }

  isLeaving(partition: P): boolean {
    return this.leaving.has(partition);
  }

  hold(partition: P): void {
    partition.onChange = () => (partition.aborted ? this.options.onIdle() : this.schedule());
    this.held.set(partition.name, partition);
    const before = this.dropped.get(partition.name);
    if (before) partition.follow(before);
  }

  /**
   * Lets the running batch end before the partition is let go, so that its keys do not run in two places. Resolves when it
   * is gone; at once when it is on its way out already.
   */
  async letGo(partition: P, reason: AbortReason, release?: () => Promise<void>): Promise<void> {
    partition.abort(reason);
    if (this.leaving.has(partition)) return;
    this.leaving.add(partition);
    try {
      await partition.idle();
      await release?.();
    } finally {
      this.forget(partition);
    }
  }

  /** Drops the partition though its batch may still run; what that does can no longer be committed. */
  forget(partition: P): void {
    if (this.held.get(partition.name) === partition) this.held.delete(partition.name);
    this.leaving.delete(partition);
    if (!partition.running) return;
    this.dropped.set(partition.name, partition);
    void partition.idle().then(() => {
      if (this.dropped.get(partition.name) === partition) this.dropped.delete(partition.name);
    });
  }

  /** Tells the set of partitions if it is another than the last time. */
  announce(): void {
    const assignment = [...this.held.keys()].sort().join();
    if (assignment !== this.assignment) this.options.onAssignment(this.held.size);
    this.assignment = assignment;
  }

  /** Begins nothing any more and resolves when every batch has ended and committed. */
  async drain(): Promise<void> {
    this.stopping = true;
    for (const partition of this.held.values()) partition.abort(STOPPING);
    await Promise.all(this.all().map(partition => partition.idle()));
  }

  /** Begins what can be begun. */
  schedule(): void {
    if (this.stopping) return;
    let running = 0;
    let paused = 0;
    for (const partition of this.held.values()) {
      if (partition.running) running++;
      if (partition.paused) paused++;
    }
    this.options.onPaused(paused);
    for (const [name, partition] of [...this.held]) {
      if (running >= this.options.partitionsAtOnce) return;
      if (!partition.ready || !this.options.hasRecords(partition)) continue;
      // To the end of the line: a partition with much to do must not keep the others waiting.
      this.held.delete(name);
      this.held.set(name, partition);
      partition.begin();
      running++;
    }
  }
}
