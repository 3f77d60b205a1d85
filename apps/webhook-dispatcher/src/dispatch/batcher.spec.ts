import { afterEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from './batcher.js';

function record(fail: (items: number[]) => Error | undefined = () => undefined, maxItems?: number) {
  const written: number[][] = [];
  const failed: number[] = [];
  const batcher = new Batcher<number>({
    maxItems,
    write: items => {
      const error = fail(items);
      if (error) return Promise.reject(error);
      written.push(items);
      return Promise.resolve();
    },
    failed: item => failed.push(item),
  });
  return { batcher, written, failed };
}

describe('Batcher', () => {
  afterEach(() => vi.useRealTimers());

  it('writes what comes together in one go, in order', async () => {
    const { batcher, written } = record();
    await Promise.all([1, 2, 3].map(item => batcher.add(item)));
    expect(written).toEqual([[1, 2, 3]]);
  });

  it('writes at once when the batch is full', async () => {
    const { batcher, written } = record(undefined, 2);
    await Promise.all([1, 2, 3, 4, 5].map(item => batcher.add(item)));
    expect(written.flat()).toEqual([1, 2, 3, 4, 5]);
    expect(written[0]).toEqual([1, 2]);
  });

  it('writes what came during a write in one go after it', async () => {
    vi.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<void>();
    const written: number[][] = [];
    const batcher = new Batcher<number>({
      write: items => {
        written.push(items);
        return written.length === 1 ? promise : Promise.resolve();
      },
      failed: () => undefined,
      maxItems: 3,
    });
    const all = [1, 2, 3].map(item => batcher.add(item));
    for (const item of [4, 5, 6, 7]) {
      all.push(batcher.add(item));
      // The time of a batch passes again and again while the first one is being written.
      vi.advanceTimersByTime(10);
    }
    resolve();
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(all);
    expect(written).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  it('waits longer in a full stream, but not while somebody waits for an item', async () => {
    vi.useFakeTimers();
    const { batcher, written } = record();
    const add = async (count: number, urgent = false) => {
      for (let item = 0; item < count; item++) void batcher.add(item, urgent);
      await vi.advanceTimersByTimeAsync(5);
      return written.length;
    };
    expect(await add(100)).toBe(1);
    expect(await add(100)).toBe(1);
    expect(await add(1, true)).toBe(2);
    expect(await add(1)).toBe(2);
    await vi.advanceTimersByTimeAsync(40);
    expect(written.map(items => items.length)).toEqual([100, 101, 1]);
    expect(await add(1)).toBe(4);
  });

  it('gives up only the item that cannot be written', async () => {
    const { batcher, written, failed } = record(items => (items.includes(3) ? new Error('bad row') : undefined));
    await Promise.all([1, 2, 3, 4, 5].map(item => batcher.add(item)));
    expect(failed).toEqual([3]);
    expect(written.flat()).toEqual([1, 2, 4, 5]);
  });

  it('keeps everything while the database is away', async () => {
    let away = 3;
    const { batcher, written, failed } = record(() => (away-- > 0 ? new Error('connect ECONNREFUSED') : undefined));
    await Promise.all([1, 2].map(item => batcher.add(item)));
    expect(written).toEqual([[1, 2]]);
    expect(failed).toEqual([]);
  });

  it('writes the rest when it is closed', async () => {
    const { batcher, written } = record();
    void batcher.add(1);
    await batcher.close();
    expect(written).toEqual([[1]]);
  });
});
