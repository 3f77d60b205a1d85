import { describe, expect, it } from 'vitest';
import { Signal } from './signal.js';

describe('Signal', () => {
  it('keeps one call for the next who waits', async () => {
    const signal = new Signal();
    signal.fire();
    signal.fire();
    await signal.wait(60_000);
    const woken: string[] = [];
    const second = signal.wait(60_000).then(() => woken.push('second'));
    await new Promise(resolve => setImmediate(resolve));
    expect(woken).toEqual([]);
    signal.fire();
    await second;
  });

  it('wakes all who wait', async () => {
    const signal = new Signal();
    const all = Promise.all([signal.wait(60_000), signal.wait(60_000)]);
    signal.fire();
    await all;
  });

  it('goes on by itself when its time is over', async () => {
    await new Signal().wait(1);
  });
});
