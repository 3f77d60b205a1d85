import type pg from 'pg';
import { LOST } from '../port/abort-reasons.js';
import { PartitionLost, type BusRecord, type ConsumerOptions } from '../port/bus-driver.js';
import { fetchRecords } from './log-reader.js';

export interface HeldOptions extends Pick<ConsumerOptions, 'maxBatch' | 'onBatch' | 'onError'> {
  pool: pg.Pool;
  /** False when the partition is no longer this member's. */
  commit(offset: number): Promise<boolean>;
}

export function partitionName({ topic, part }: { topic: string; part: number }): string {
  return `${topic}/${part}`;
}

const ERROR_PAUSE_MS = 500;

/** A partition while this member has it: fetches, runs one batch at a time, remembers where it is. */
export class HeldPartition {
  private readonly controller = new AbortController();
  private run?: Promise<void>;
  private resume?: NodeJS.Timeout;
  /** Called when the partition may be ready for its next batch. */
  onChange: () => void = () => undefined;

  constructor(
    readonly topic: string,
    readonly part: number,
    readonly epoch: string,
    /** The next offset to be read. */
    public position: number,
    private readonly options: HeldOptions,
  ) {}

  get running(): boolean {
    return this.run !== undefined;
  }

  get paused(): boolean {
    return this.resume !== undefined;
  }

  get aborted(): boolean {
    return this.controller.signal.aborted;
  }

  get ready(): boolean {
    return !this.running && !this.paused && !this.aborted;
  }

  abort(reason: string): void {
    clearTimeout(this.resume);
    this.resume = undefined;
    this.controller.abort(reason);
  }

  async idle(): Promise<void> {
    await this.run;
  }

  begin(): void {
    this.run = this.runBatch()
      .catch((error: unknown) => {
        this.options.onError(error, `reading ${partitionName(this)}`);
        this.pause(ERROR_PAUSE_MS);
      })
      .finally(() => {
        this.run = undefined;
        this.onChange();
      });
  }

  private async runBatch(): Promise<void> {
    const records = await fetchRecords(this.options.pool, this.topic, this.part, this.position, this.options.maxBatch);
    // The head says that there is something: a log that was cut by hand must not make this spin.
    if (records.length === 0) return this.pause(ERROR_PAUSE_MS);
    await this.options.onBatch(this.batchOf(records));
  }

  private batchOf(records: readonly BusRecord[]) {
    return {
      topic: this.topic,
      partition: this.part,
      records,
      signal: this.controller.signal,
      commit: async (offset: number) => {
        if (!(await this.options.commit(offset))) {
          this.abort(LOST);
          throw new PartitionLost(`${partitionName(this)} belongs to another member or was set back`);
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
