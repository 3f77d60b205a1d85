import { describe, expect, it } from 'vitest';
import { BatchSignal, LOST, RELEASED, STOPPING } from '../port/batch-signal.js';
import { LaneScheduler, type LaneStep, type LaneWork } from './lane-scheduler.js';

/** A run whose handlers end when the test says so. */
class Bench {
  readonly begun: number[] = [];
  readonly batches: number[][] = [];
  readonly commits: number[] = [];
  readonly signal = new BatchSignal();
  private readonly open = new Map<number | string, { resolve: () => void; reject: (error: unknown) => void }>();
  readonly result: ReturnType<LaneScheduler['run']>;

  constructor(keys: string[], options: Partial<LaneWork> = {}) {
    const opened = (name: number | string) =>
      new Promise<void>((resolve, reject) => this.open.set(name, { resolve, reject }));
    this.result = new LaneScheduler({
      count: keys.length,
      lanes: 4,
      window: 100,
      drainMs: 60_000,
      signal: this.signal,
      keyOf: index => keys[index]!,
      stepsOf: () => [{}],
      handleOne: index => {
        this.begun.push(index);
        return opened(index);
      },
      handleMany: (batch, indexes) => {
        this.batches.push(indexes);
        return opened(batch);
      },
      commit: low => {
        this.commits.push(low);
        return Promise.resolve();
      },
      ...options,
    }).run();
  }

  /** Ends handlers, one after another, and lets what follows happen. */
  async end(...names: (number | string)[]): Promise<void> {
    for (const name of names) {
      this.open.get(name)!.resolve();
      await turn();
    }
  }

  async fail(name: number | string, error: unknown): Promise<void> {
    this.open.get(name)!.reject(error);
    await turn();
  }
}

const turn = () => new Promise(resolve => setImmediate(resolve));
const keys = (text: string) => text.split('');

describe('LaneScheduler', () => {
  it('runs keys at the same time and each key in order', async () => {
    const bench = new Bench(keys('aabac'));
    expect(bench.begun).toEqual([0, 2, 4]);
    await bench.end(2, 4, 0);
    expect(bench.begun).toEqual([0, 2, 4, 1]);
    await bench.end(1);
    expect(bench.begun).toEqual([0, 2, 4, 1, 3]);
    await bench.end(3);
    expect(await bench.result).toEqual({ low: 5, failure: undefined });
    expect(bench.commits.at(-1)).toBe(5);
  });

  it('runs no more than its lanes', async () => {
    const bench = new Bench(keys('abcdef'), { lanes: 2 });
    expect(bench.begun).toEqual([0, 1]);
    await bench.end(1);
    expect(bench.begun).toEqual([0, 1, 2]);
    await bench.end(0, 2, 3, 4, 5);
    expect((await bench.result).low).toBe(6);
  });

  it('opens no more than its window above the first that is not done', async () => {
    const stalls: number[] = [];
    const bench = new Bench(keys('abcdefgh'), { window: 3, onStall: () => stalls.push(1) });
    await bench.end(1, 2);
    expect(bench.begun).toEqual([0, 1, 2]);
    expect(stalls.length).toBeGreaterThan(0);
    await bench.end(0);
    expect(bench.begun).toEqual([0, 1, 2, 3, 4, 5]);
    await bench.end(3, 4, 5, 6, 7);
    expect((await bench.result).low).toBe(8);
  });

  it('commits the contiguous prefix only, when a handler ends the run', async () => {
    const bench = new Bench(keys('abcd'));
    await bench.end(0, 2);
    await bench.fail(1, new Error('outage'));
    await bench.end(3);
    expect(await bench.result).toEqual({ low: 1, failure: new Error('outage') });
    expect(bench.commits).toEqual([1]);
  });

  it('commits on the way, so that a long run repeats little', async () => {
    const bench = new Bench(
      Array.from({ length: 1_000 }, (_, n) => `k${n}`),
      { lanes: 1_000, window: 1_000 },
    );
    for (let n = 0; n < 500; n++) await bench.end(n);
    expect(bench.commits.length).toBeGreaterThanOrEqual(2);
    for (let n = 500; n < 1_000; n++) await bench.end(n);
    expect((await bench.result).low).toBe(1_000);
  });

  it('passes over records that have no step, however many of one key there are', async () => {
    const bench = new Bench(Array(20_000).fill('a') as string[], { stepsOf: () => [], window: 256 });
    expect((await bench.result).low).toBe(20_000);
  });

  it.each([STOPPING, RELEASED])('%s: closes the gaps below what was begun, and begins nothing above', async reason => {
    // 1 waits behind 0 while 2 is done: without 1, 2 would be repeated.
    const bench = new Bench(keys('aabbcd'), { lanes: 3 });
    await bench.end(2);
    expect(bench.begun).toEqual([0, 2, 4, 3]);
    bench.signal.abort(reason);
    await bench.end(0);
    expect(bench.begun).toEqual([0, 2, 4, 3, 1]);
    await bench.end(1, 3, 4);
    expect(await bench.result).toEqual({ low: 5, failure: undefined });
    expect(bench.commits).toEqual([5]);
    expect(bench.begun).not.toContain(5);
  });

  it('begins nothing at all of a lost partition', async () => {
    const bench = new Bench(keys('aab'));
    await bench.end(2);
    bench.signal.abort(LOST);
    await bench.end(0);
    expect(await bench.result).toMatchObject({ low: 1 });
    expect(bench.begun).toEqual([0, 2]);
  });

  it('does not wait longer than the drain for a handler when it stops', async () => {
    const bench = new Bench(keys('ab'), { drainMs: 5 });
    await bench.end(0);
    bench.signal.abort(STOPPING);
    expect(await bench.result).toMatchObject({ low: 1 });
    await bench.end(1);
    expect(bench.commits).toEqual([1]);
  });

  it.each([STOPPING, RELEASED])('begins nothing more of a partition that is lost while it is %s', async reason => {
    const bench = new Bench(keys('aab'));
    await bench.end(2);
    bench.signal.abort(reason);
    bench.signal.abort(LOST);
    await bench.end(0);
    expect(await bench.result).toMatchObject({ low: 1 });
    expect(bench.begun).toEqual([0, 2]);
  });

  it('does not wait longer than the drain when it stops while it lets the partition go', async () => {
    const bench = new Bench(keys('ab'), { drainMs: 5 });
    await bench.end(0);
    bench.signal.abort(RELEASED);
    bench.signal.abort(STOPPING);
    expect(await bench.result).toMatchObject({ low: 1 });
  });

  it('begins nothing when a handler ends after the drain', async () => {
    const bench = new Bench(keys('aab'), { drainMs: 5 });
    await bench.end(2);
    bench.signal.abort(STOPPING);
    expect(await bench.result).toMatchObject({ low: 0 });
    await bench.end(0);
    expect(bench.begun).toEqual([0, 2]);
  });

  it('ends when a commit is refused', async () => {
    const refusal = new Error('lost');
    const bench = new Bench(keys('a'), { commit: () => Promise.reject(refusal) });
    await bench.end(0);
    expect(await bench.result).toEqual({ low: 1, failure: refusal });
  });

  it('gathers what is ready for a batch, runs of one key included, in order', async () => {
    const bench = new Bench(keys('aabacb'), { stepsOf: () => [{ batch: 'm' }] });
    expect(bench.batches).toEqual([[0, 1, 2, 3, 4, 5]]);
    await bench.end('m');
    expect((await bench.result).low).toBe(6);
  });

  it('runs single steps before the batch, and one flush of a batch at a time', async () => {
    const steps: LaneStep[] = [{}, { batch: 'm' }];
    const bench = new Bench(keys('aab'), { stepsOf: () => steps });
    expect(bench.begun).toEqual([0, 2]);
    await bench.end(2);
    expect(bench.batches).toEqual([[2]]);
    await bench.end(0);
    expect(bench.batches).toEqual([[2]]);
    await bench.end('m');
    expect(bench.batches).toEqual([[2], [0]]);
    expect(bench.begun).toEqual([0, 2]);
    await bench.end('m');
    expect(bench.begun).toEqual([0, 2, 1]);
    await bench.end(1, 'm');
    expect((await bench.result).low).toBe(3);
  });
});
