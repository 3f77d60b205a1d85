import { describe, expect, it } from 'vitest';
import { interleave } from './interleave.js';

describe('interleaving', () => {
  it('measures both in each repeat and turns their order round every other time', async () => {
    const order: string[] = [];
    const pairs = await interleave(3, {
      subject: () => Promise.resolve(order.push('subject')),
      baseline: () => Promise.resolve(order.push('baseline')),
    });
    expect(order).toEqual(['baseline', 'subject', 'subject', 'baseline', 'baseline', 'subject']);
    expect(pairs).toEqual([
      { baseline: 1, subject: 2 },
      { subject: 3, baseline: 4 },
      { baseline: 5, subject: 6 },
    ]);
  });
});
