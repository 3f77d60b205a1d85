import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.js';

describe('eventually', () => {
  it('repeats until the probe has a value', async () => {
    let calls = 0;
    const value = await eventually('three calls', () => (++calls === 3 ? 'done' : undefined), { everyMs: 1 });
    expect([value, calls]).toEqual(['done', 3]);
  });

  it('takes 0, the empty string and null as values', async () => {
    expect(await eventually('zero', () => 0)).toBe(0);
    expect(await eventually('empty', () => '')).toBe('');
    expect(await eventually('null', () => null)).toBe(null);
  });

  it('gives up at the deadline and says what was waited for and why', async () => {
    const wait = eventually('the moon', () => Promise.reject(new Error('still dark')), { deadlineMs: 20, everyMs: 5 });
    await expect(wait).rejects.toThrow('not within 20 ms: the moon: still dark');
  });
});
