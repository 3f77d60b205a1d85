import { HeldPartition, type HeldOptions } from '../partition/held-partition.js';
import type { BusRecord } from '../port/bus-driver.js';
import type { PlaceLabel } from './group-offsets.js';
import { sizeOf } from './records.js';

/** Fetched ahead of a partition's batches, at most; enough that one fetch's round trip is never waited for. */
const AHEAD_RECORDS = 2_000;
const AHEAD_BYTES = 1024 * 1024;

/** A partition with what was fetched of it and is not yet committed. */
export class KafkaPartition extends HeldPartition {
  private records: BusRecord[] = [];
  private sizes: number[] = [];
  private bytes = 0;
  /** The offset to fetch next. */
  next: number;
  /** The highest offset that the group has taken from this member. */
  committed = -1;

  /** @param label stays with the offsets that are committed */
  constructor(
    topic: string,
    partition: number,
    position: number,
    readonly label: PlaceLabel,
    options: Omit<HeldOptions, 'fetch'>,
  ) {
    super(topic, partition, position, {
      ...options,
      fetch: (from, limit) => Promise.resolve(this.take(from, limit)),
    });
    this.next = position;
  }

  get hasRecords(): boolean {
    return this.next > this.position && this.records.length > 0;
  }

  get wantsMore(): boolean {
    this.trim(this.position);
    return !this.aborted && this.records.length < AHEAD_RECORDS && this.bytes < AHEAD_BYTES;
  }

  /** Takes in what was fetched from `next` on; `end` is the offset after the last of them, which may have been no record. */
  add(records: readonly BusRecord[], end: number): void {
    for (const record of records) {
      const size = sizeOf(record);
      this.records.push(record);
      this.sizes.push(size);
      this.bytes += size;
    }
    this.next = end;
  }

  /** Goes on fetching there; what was fetched before stays to be handled. */
  skipTo(offset: number): void {
    this.next = offset;
  }

  private take(from: number, limit: number): readonly BusRecord[] {
    this.trim(from);
    return this.records.slice(0, limit);
  }

  private trim(from: number): void {
    const done = this.records.findIndex(record => record.offset >= from);
    const gone = done === -1 ? this.records.length : done;
    if (gone === 0) return;
    for (const size of this.sizes.splice(0, gone)) this.bytes -= size;
    this.records.splice(0, gone);
  }
}
