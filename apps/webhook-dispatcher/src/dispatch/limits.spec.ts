import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { TokenBucket } from './token-bucket.js';

describe('ConcurrencyLimit', () => {
  it('starts at 8, grows by one per round of answers up to 64', () => {
    const limit = new ConcurrencyLimit();
    expect(limit.current).toBe(8);
    for (let i = 0; i < 9; i++) limit.answered();
    expect(limit.current).toBe(9);
    for (let i = 0; i < 5_000; i++) limit.answered();
    expect(limit.current).toBe(64);
  });

  it('halves at most once a second, never below one', () => {
    const limit = new ConcurrencyLimit();
    limit.overloaded(0);
    limit.overloaded(500);
    expect(limit.current).toBe(4);
    for (let second = 1; second < 10; second++) limit.overloaded(second * 1000);
    expect(limit.current).toBe(1);
  });

  it("keeps to the endpoint's own maximum", () => {
    const limit = new ConcurrencyLimit(2);
    for (let i = 0; i < 100; i++) limit.answered();
    expect(limit.current).toBe(2);
    limit.setMax(1);
    expect(limit.current).toBe(1);
  });
});

describe('TokenBucket', () => {
  it('gives a second of burst, then its rate', () => {
    const bucket = new TokenBucket(2, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
    expect(bucket.readyAt(0)).toBe(500);
    expect(bucket.take(499)).toBe(false);
    expect(bucket.take(500)).toBe(true);
    expect([1, 2, 3].map(() => bucket.take(100_000))).toEqual([true, true, false]);
  });

  it('takes nothing away when the clock is set back', () => {
    const bucket = new TokenBucket(2, 3_600_000);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
    expect(bucket.readyAt(0)).toBe(500);
  });
});
