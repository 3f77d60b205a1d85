import { expect, it } from 'vitest';
import { eventually } from './eventually.js';

it('repeats while the probe throws or answers false or null, and answers what it answered', async () => {
  const outcomes = [() => false, () => null, () => expect(1).toBe(2), () => 'there'];
  expect(await eventually(() => outcomes.shift()!(), { everyMs: 1 })).toBe('there');
});

it('ends with the last failure', async () => {
  let n = 0;
  const probe = () => Promise.reject(new Error(`failure ${++n}`));
  await expect(eventually(probe, { timeoutMs: 0 })).rejects.toThrow('failure 1');
  await expect(eventually(() => false, { timeoutMs: 0 })).rejects.toThrow('answered false');
});
