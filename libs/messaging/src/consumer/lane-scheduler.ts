import { LOST, STOPPING } from '../port/batch-signal.js';
import type { PartitionBatch } from '../port/bus-driver.js';

/** What the scheduler is to do with the records of one partition, named by their index in the batch. */
export interface LaneWork {
  readonly count: number;
  readonly lanes: number;
  readonly window: number;
  /** Records with the same key never overlap and keep their order. */
  keyOf(index: number): string;
  /** Steps of a record, one after another; a step with a batch name is taken together with others of that name. */
  stepsOf(index: number): readonly LaneStep[];
  /** Rejects only to end the run: for an outage or an interruption. */
  handleOne(index: number, step: LaneStep): Promise<void>;
  handleMany(batch: string, indexes: number[]): Promise<void>;
  /** Everything below this index is done; called with ascending values, never twice at once. */
  commit(low: number): Promise<void>;
  readonly signal: PartitionBatch['signal'];
  /** How long (milliseconds) handlers may go on after an abort because the consumer stops; other aborts set no limit. */
  readonly drainMs: number;
  onBusy?(change: number): void;
  onStall?(): void;
}

export interface LaneStep {
  readonly batch?: string;
}

export interface LaneResult {
  /** All records below it are done and, unless a commit failed, committed. */
  low: number;
  /** Why not all were handled, if it was not an abort. */
  failure?: unknown;
}

const COMMIT_EVERY = 200;
const COMMIT_MS = 1_000;

/**
 * Handles the records of one partition with many keys at a time and order within each key. Records are begun by offset and
 * at most `window` of them are open at once, so that the contiguous prefix that may be committed keeps moving: what a crash
 * repeats is bounded by the window, not by the batch. (Model: Confluent's Parallel Consumer, ordering KEY.)
 */
export class LaneScheduler {
  private readonly done: Uint8Array;
  private readonly stepOf: Uint8Array;
  private readonly waiting = new Map<string, number[]>();
  private readonly ready = new Map<string, number[]>();
  private readonly flushing = new Set<string>();
  private next = 0;
  /** One above the highest record that was begun before an abort. */
  private edge = 0;
  private low = 0;
  private active = 0;
  private committed = 0;
  private committing?: Promise<void>;
  private failure?: { error: unknown };
  private finish?: () => void;

  constructor(private readonly work: LaneWork) {
    this.done = new Uint8Array(work.count);
    this.stepOf = new Uint8Array(work.count);
  }

  async run(): Promise<LaneResult> {
    const { signal } = this.work;
    let drain: NodeJS.Timeout | undefined;
    const ticker = setInterval(() => void this.commitPrefix(), COMMIT_MS);
    let forget: (() => void) | undefined;
    await new Promise<void>(resolve => {
      this.finish = resolve;
      const aborted = () => {
        if (signal.has(STOPPING)) drain ??= setTimeout(resolve, this.work.drainMs);
        this.pump();
      };
      forget = signal.onAbort(aborted);
      if (signal.aborted) aborted();
      this.pump();
    });
    this.finish = undefined;
    forget?.();
    clearInterval(ticker);
    clearTimeout(drain);
    await this.committing;
    await this.commitPrefix();
    return { low: this.low, failure: this.failure?.error };
  }

  /** Nothing more of the batch is admitted. */
  private get closed(): boolean {
    return this.failure !== undefined || this.work.signal.aborted;
  }

  /**
   * Whether a record may be begun. After an abort only what lies below a record that was begun before: closing such gaps
   * lets all that was done be committed, so that an orderly stop repeats nothing. A lost partition is another's at once, and
   * so is any when the run has ended.
   */
  private mayBegin(index: number): boolean {
    if (!this.finish || this.failure !== undefined || this.work.signal.has(LOST)) return false;
    return !this.work.signal.aborted || index < this.edge;
  }

  private pump(): void {
    const { count, lanes, window } = this.work;
    while (this.next < count && this.next - this.low < window && this.active < lanes && !this.closed) {
      this.admit(this.next++);
    }
    if (this.next < count && this.next - this.low >= window) this.work.onStall?.();
    for (const batch of this.ready.keys()) if (!this.flushing.has(batch) && this.mayBegin(0)) this.flush(batch);
    if (this.active === 0) this.finish?.();
    else if (this.finish && this.low - this.committed >= COMMIT_EVERY) void this.commitPrefix();
  }

  private admit(index: number): void {
    const key = this.work.keyOf(index);
    const queue = this.waiting.get(key);
    if (queue) queue.push(index);
    else {
      this.waiting.set(key, []);
      this.begin(index, key);
    }
  }

  /** Begins the record's next step; when it has none left, settles it and goes on with the key's next record. */
  private begin(index: number, key: string): void {
    for (let at: number | undefined = index; at !== undefined; at = this.waiting.get(key)!.shift()) {
      const step = this.work.stepsOf(at)[this.stepOf[at]!];
      if (step) {
        if (this.mayBegin(at)) this.take(at, key, step);
        return;
      }
      this.settle(at);
    }
    this.waiting.delete(key);
  }

  private take(index: number, key: string, step: LaneStep): void {
    if (!this.work.signal.aborted) this.edge = Math.max(this.edge, index + 1);
    if (step.batch === undefined) return this.start(index, key, step);
    const group = this.ready.get(step.batch);
    if (group) group.push(index);
    else this.ready.set(step.batch, [index]);
  }

  private start(index: number, key: string, step: LaneStep): void {
    this.occupy(
      this.work.handleOne(index, step).then(() => {
        this.stepOf[index]!++;
        this.begin(index, key);
      }),
    );
  }

  private isLastStep(index: number, batch: string): boolean {
    const steps = this.work.stepsOf(index);
    return steps.at(-1)?.batch === batch && this.stepOf[index] === steps.length - 1;
  }

  private isOnly(index: number, batch: string): boolean {
    const steps = this.work.stepsOf(index);
    return steps.length === 1 && steps[0]!.batch === batch;
  }

  /** The records that stand ready, each with those right behind it in its key that need nothing but the same batch. */
  private gather(batch: string): number[] {
    const heads = this.ready.get(batch)!;
    this.ready.delete(batch);
    const indexes: number[] = [];
    for (const head of heads) {
      indexes.push(head);
      if (!this.isLastStep(head, batch)) continue;
      const queue = this.waiting.get(this.work.keyOf(head))!;
      while (queue.length > 0 && this.isOnly(queue[0]!, batch)) indexes.push(queue.shift()!);
    }
    return indexes.sort((a, b) => a - b);
  }

  private flush(batch: string): void {
    const indexes = this.gather(batch);
    this.flushing.add(batch);
    this.occupy(
      this.work.handleMany(batch, indexes).then(() => {
        this.flushing.delete(batch);
        for (const index of indexes) this.stepOf[index]!++;
        // The last of each key leads on; those before it in the same flush are settled first.
        const heads = new Map<string, number>();
        for (const index of indexes) {
          const key = this.work.keyOf(index);
          const before = heads.get(key);
          if (before !== undefined) this.settle(before);
          heads.set(key, index);
        }
        for (const [key, index] of heads) this.begin(index, key);
      }),
    );
  }

  private occupy(task: Promise<void>): void {
    this.active++;
    this.work.onBusy?.(1);
    task
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.active--;
        this.work.onBusy?.(-1);
        this.pump();
      });
  }

  private settle(index: number): void {
    this.done[index] = 1;
    while (this.low < this.work.count && this.done[this.low]) this.low++;
  }

  private commitPrefix(): Promise<void> {
    if (this.low === this.committed) return this.committing ?? Promise.resolve();
    this.committing ??= this.commitTo(this.low).finally(() => {
      this.committing = undefined;
    });
    return this.committing;
  }

  private async commitTo(low: number): Promise<void> {
    try {
      await this.work.commit(low);
      this.committed = low;
    } catch (error) {
      this.failure ??= { error };
    }
  }
}
