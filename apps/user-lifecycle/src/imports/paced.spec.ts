import { describe, expect, it } from 'vitest';
import { paced } from './paced.js';

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

describe('paced', () => {
  it('gives the same bytes in short stretches, and others their turn in between', async () => {
    let turns = 0;
    let over = false;
    const count = () => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const long = 'abc'.repeat(32 * 1024);
    const stretches: Buffer[] = [];
    for await (const stretch of paced(chunks('first', long))) stretches.push(stretch);
    over = true;
    expect(Buffer.concat(stretches).toString()).toBe(`first${long}`);
    expect(Math.max(...stretches.map(({ length }) => length))).toBe(16 * 1024);
    expect(turns).toBeGreaterThanOrEqual(stretches.length - 1);
  });
});
