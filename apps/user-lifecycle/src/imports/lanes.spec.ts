import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.js';

/** Work that ends when it is told to. */
function work() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (name: string) => () =>
    new Promise<void>(resolve => {
      begun.push(name);
      ends.set(name, resolve);
    });
  return { begun, begin, end: (name: string) => ends.get(name)!() };
}

describe('Lanes', () => {
  it('runs so many pieces of work at a time', async () => {
    const { begun, begin, end } = work();
    const lanes = new Lanes(2);
    await lanes.start('a', begin('a'));
    await lanes.start('b', begin('b'));
    const third = lanes.start('c', begin('c'));
    await turn();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await third;
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    await lanes.idle();
  });

  it('runs those with the same key one after the other, in order', async () => {
    const { begun, begin, end } = work();
    const lanes = new Lanes(3);
    await lanes.start('key', begin('first'));
    await lanes.start('key', begin('second'));
    await lanes.start('other', begin('other'));
    await turn();
    expect(begun).toEqual(['first', 'other']);
    end('first');
    await turn();
    expect(begun).toEqual(['first', 'other', 'second']);
    end('other');
    end('second');
    await lanes.idle();
  });

  it('begins nothing more after a failure, and tells it', async () => {
    const { begun, begin, end } = work();
    const lanes = new Lanes(2);
    await lanes.start('a', begin('a'));
    await lanes.start('b', () => Promise.reject(new Error('the database is away')));
    await lanes.start('a', begin('after a')).catch(() => undefined);
    end('a');
    await expect(lanes.idle()).rejects.toThrow('the database is away');
    await expect(lanes.start('c', begin('c'))).rejects.toThrow('the database is away');
    expect(begun).toEqual(['a']);
  });
});
