import { describe, expect, it } from 'vitest';
import { quantile, summarize } from './summary.js';

describe('a summary', () => {
  it('has the median and the spread, whatever the order of the values', () => {
    expect(summarize([5, 1, 3])).toMatchObject({ median: 3, lowest: 1, highest: 5 });
    expect(summarize([4, 1]).median).toBe(2.5);
  });

  it('interpolates quantiles between the closest ranks', () => {
    const values = Array.from({ length: 101 }, (_, n) => 100 - n);
    expect(quantile(values, 0.99)).toBe(99);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('cannot be made of nothing', () => {
    expect(() => summarize([])).toThrow('Nothing was measured');
  });
});
