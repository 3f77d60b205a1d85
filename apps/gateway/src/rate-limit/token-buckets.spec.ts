import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.js';

function bucketsAt(rate: { quota: number; windowSeconds: number }, maxKeys?: number) {
  const clock = { ms: 0 };
  return { clock, buckets: new TokenBuckets(rate, maxKeys, () => clock.ms) };
}

describe('TokenBuckets', () => {
  it('allows the quota at once and then what flows in', () => {
    const { buckets, clock } = bucketsAt({ quota: 3, windowSeconds: 60 });
    expect([1, 2, 3].map(() => buckets.take('a').allowed)).toEqual([true, true, true]);
    expect(buckets.take('a')).toEqual({ allowed: false, remaining: 0, resetSeconds: 60, retryAfterSeconds: 20 });
    clock.ms += 19_999;
    expect(buckets.take('a').allowed).toBe(false);
    clock.ms += 1;
    expect(buckets.take('a').allowed).toBe(true);
    expect(buckets.take('a').allowed).toBe(false);
  });

  it('tells what is left and when all is back', () => {
    const { buckets, clock } = bucketsAt({ quota: 10, windowSeconds: 10 });
    buckets.take('a');
    expect(buckets.take('a')).toMatchObject({ remaining: 8, resetSeconds: 2, retryAfterSeconds: 0 });
    clock.ms += 1_000;
    expect(buckets.peek('a')).toMatchObject({ remaining: 9, resetSeconds: 1 });
    clock.ms += 60_000;
    expect(buckets.peek('a')).toMatchObject({ remaining: 10, resetSeconds: 0 });
  });

  it('keeps keys apart and gives back', () => {
    const { buckets } = bucketsAt({ quota: 1, windowSeconds: 60 });
    expect(buckets.take('a').allowed).toBe(true);
    expect(buckets.take('b').allowed).toBe(true);
    expect(buckets.take('a').allowed).toBe(false);
    buckets.giveBack('a');
    expect(buckets.take('a').allowed).toBe(true);
  });

  it('does not lose the refill by asking often', () => {
    const { buckets, clock } = bucketsAt({ quota: 1, windowSeconds: 10 });
    buckets.take('a');
    let allowed = 0;
    for (let i = 0; i < 1000; i++) {
      clock.ms += 10;
      if (buckets.take('a').allowed) allowed += 1;
    }
    expect(allowed).toBe(1);
  });

  it('holds a bounded number of keys and forgets the longest unused first', () => {
    const { buckets } = bucketsAt({ quota: 1, windowSeconds: 3600 }, 1_000);
    buckets.take('used');
    for (let i = 0; i < 100_000; i++) {
      buckets.take(`flood-${i}`);
      if (i % 500 === 0) expect(buckets.take('used').allowed).toBe(false);
    }
    expect(buckets.size).toBeLessThanOrEqual(1_000);
  });

  it('forgets keys whose bucket is full again', () => {
    const { buckets, clock } = bucketsAt({ quota: 5, windowSeconds: 1 });
    for (let i = 0; i < 100; i++) buckets.take(`k-${i}`);
    clock.ms += 1_001;
    for (let i = 0; i < 20; i++) buckets.take('later');
    expect(buckets.size).toBe(1);
  });
});
