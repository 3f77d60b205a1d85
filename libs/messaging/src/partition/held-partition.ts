import { BatchSignal, LOST, type AbortReason } from '../port/batch-signal.js';
import { PartitionLost, type BusRecord, type ConsumerOptions, type PartitionBatch } from '../port/bus-driver.js';

export interface HeldOptions extends Pick<ConsumerOptions, 'maxBatch' | 'onBatch' | 'onError'> {
  /** Records from an offset on, at most `limit`; none when there are none yet. */
  fetch(from: number, limit: number): Promise<readonly BusRecord[]>;
  /** False when the partition is no longer this member's. */
  commit(offset: number): Promise<boolean>;
}

export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

const ERROR_PAUSE_MS = 500;

/** A partition while this member has it: fetches, runs one batch at a time, remembers where it is. */
export class HeldPartition {
  private readonly signal = new BatchSignal();
  private run?: Promise<void>;
  private resume?: NodeJS.Timeout;
  private before?: HeldPartition;
  readonly name: string;
  /** Called when the partition may be ready for its next batch, or has ended its last. */
  onChange: () => void = () => undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** The next offset to be read. */
    public position: number,
    private readonly options: HeldOptions,
  ) {
    this.name = partitionName(topic, partition);
  }

  get running(): boolean {
    return this.run !== undefined;
  }

  get paused(): boolean {
    return this.resume !== undefined;
  }

  get aborted(): boolean {
    return this.signal.aborted;
  }

  /** It is another member's, or was set back. */
  get lost(): boolean {
    return this.signal.has(LOST);
  }

  get ready(): boolean {
    return !this.running && !this.paused && !this.aborted;
  }

  abort(reason: AbortReason): void {
    clearTimeout(this.resume);
    this.resume = undefined;
    this.signal.abort(reason);
    this.before?.abort(reason);
  }

  /** Begins only when the last batch of the same partition, as this member had it before, has ended: no key runs in both. */
  follow(before: HeldPartition): void {
    this.before = before;
    this.run = before.idle().then(() => {
      this.run = this.before = undefined;
      this.onChange();
    });
  }

  async idle(): Promise<void> {
    await this.run;
  }

  begin(): void {
    this.run = this.runBatch()
      .catch((error: unknown) => {
        this.options.onError(error, `reading ${this.name}`);
        this.pause(ERROR_PAUSE_MS);
      })
      .finally(() => {
        this.run = undefined;
        this.onChange();
      });
  }

  private async runBatch(): Promise<void> {
    const records = await this.options.fetch(this.position, this.options.maxBatch);
    // It was said that there is something: a log that was cut by hand must not make this spin.
    if (records.length === 0) return this.pause(ERROR_PAUSE_MS);
    await this.options.onBatch(this.batchOf(records));
  }

  private batchOf(records: readonly BusRecord[]): PartitionBatch {
    return {
      topic: this.topic,
      partition: this.partition,
      records,
      signal: this.signal,
      commit: async (offset: number) => {
        if (!(await this.options.commit(offset))) {
          this.abort(LOST);
          throw new PartitionLost(`${this.name} belongs to another member or was set back`);
        }
        this.position = offset;
      },
      pause: (ms: number) => this.pause(ms),
    };
  }

  private pause(ms: number): void {
    if (this.aborted) return;
    clearTimeout(this.resume);
    this.resume = setTimeout(() => {
      this.resume = undefined;
      this.onChange();
    }, ms);
  }
}
