import { describe, expect, it } from 'vitest';
import { fillRandom, randomHex } from './random-pool.js';

describe('the pool of random bytes', () => {
  it('hands out no byte twice, over its end as well', () => {
    const seen = new Set(Array.from({ length: 2_000 }, () => randomHex(16)));
    expect(seen.size).toBe(2_000);
    for (const text of seen) expect(text).toMatch(/^[0-9a-f]{32}$/);
  });

  it('fills the part that is asked for', () => {
    const target = Buffer.alloc(24);
    fillRandom(target, 8, 8);
    expect(target.subarray(8, 16).equals(Buffer.alloc(8))).toBe(false);
    expect(Buffer.concat([target.subarray(0, 8), target.subarray(16)]).equals(Buffer.alloc(16))).toBe(true);
  });
});
