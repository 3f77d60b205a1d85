import { describe, expect, it } from 'vitest';
import { Gather } from './gather.js';

describe('Gather', () => {
  it('does in one go what is asked for at once, and answers each its own', async () => {
    const asked: (readonly number[])[] = [];
    const gather = new Gather<number, number>(items => {
      asked.push(items);
      return Promise.resolve(items.map(item => item * 2));
    });
    expect(await Promise.all([1, 2, 3].map(item => gather.add(item)))).toEqual([2, 4, 6]);
    expect(await gather.add(4)).toBe(8);
    expect(asked).toEqual([[1, 2, 3], [4]]);
  });

  it('tells all of a failure, and goes on with the next', async () => {
    let fail = true;
    const gather = new Gather<number, number>(items =>
      fail ? Promise.reject(new Error('no')) : Promise.resolve(items),
    );
    const outcomes = await Promise.allSettled([gather.add(1), gather.add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fail = false;
    expect(await gather.add(3)).toBe(3);
  });
});
