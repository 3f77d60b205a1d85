import { isDatabaseUnavailable } from '@countersign/persistence';
import { setTimeout as delay } from 'node:timers/promises';

export interface BatcherOptions<T> {
  /** Writes all items in one transaction. */
  write(items: T[]): Promise<void>;
  /** An item that cannot be written by itself either: a defect, to be logged. */
  failed(item: T, error: unknown): void;
  maxItems?: number;
}

const LEAST_WAIT_MS = 5;
const MOST_WAIT_MS = 40;
/** After a write of so many items the next one waits a millisecond longer. */
const ITEMS_PER_MS = 4;

/**
 * Collects what several tasks have to write and writes it together, 5 ms or 1000 items later: on Postgres that is the
 * difference between a thousand and tens of thousands a second. In a full stream it waits up to 40 ms, for a larger write
 * costs less an item. One write at a time: what comes meanwhile is the next one,
 * so a database that is slow gets fewer and larger writes. While it is away it keeps what it has and tries
 * again; an item that makes a write fail is found by halving and takes no other one with it.
 */
export class Batcher<T> {
  private items: { item: T; settle: () => void }[] = [];
  private timer?: NodeJS.Timeout;
  private writing?: Promise<void>;
  /** Somebody waits for an item that is there. */
  private urgent = false;
  /** Size of the last write. */
  private last = 0;
  private closed = false;

  constructor(private readonly options: BatcherOptions<T>) {}

  get size(): number {
    return this.items.length;
  }

  /**
   * Resolves when the item has been written, or given up as a defect.
   * @param urgent something waits for it: never longer than 5 ms for others
   */
  add(item: T, urgent = false): Promise<void> {
    return new Promise(settle => {
      this.items.push({ item, settle });
      if (urgent && !this.urgent) {
        this.urgent = true;
        clearTimeout(this.timer);
        this.timer = undefined;
      }
      this.schedule();
    });
  }

  /** Writes what is there; resolves when all of it is written. After a close, a database that is away is given up. */
  async close(): Promise<void> {
    this.closed = true;
    for (this.flush(); this.writing; this.flush()) await this.writing;
  }

  private get maxItems(): number {
    return this.options.maxItems ?? 1_000;
  }

  private schedule(): void {
    if (this.writing || this.items.length === 0) return;
    if (this.items.length >= this.maxItems) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.waitMs);
  }

  private get waitMs(): number {
    return this.urgent ? LEAST_WAIT_MS : Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, this.last / ITEMS_PER_MS));
  }

  private flush(): void {
    if (this.writing) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.items.splice(0, this.maxItems);
    if (batch.length === 0) return;
    this.urgent &&= this.items.length > 0;
    this.last = batch.length;
    this.writing = this.write(batch.map(({ item }) => item)).then(() => {
      this.writing = undefined;
      for (const { settle } of batch) settle();
      this.schedule();
    });
  }

  private async write(items: T[]): Promise<void> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
      try {
        return await this.options.write(items);
      } catch (error) {
        if (isDatabaseUnavailable(error) && !this.closed) {
          await delay(wait);
          continue;
        }
        if (items.length === 1 || this.closed) return items.forEach(item => this.options.failed(item, error));
        const half = items.length >> 1;
        await this.write(items.slice(0, half));
        return this.write(items.slice(half));
      }
    }
  }
}
