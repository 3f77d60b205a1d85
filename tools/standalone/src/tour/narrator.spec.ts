import { describe, expect, it } from 'vitest';
import { mask, Narrator, render } from './narrator.js';

describe('the narrator', () => {
  it('numbers its chapters and breaks long lines at words', async () => {
    const lines: string[] = [];
    const narrator = new Narrator(line => lines.push(line));
    await narrator.chapter('First', 'word '.repeat(40).trim());
    await narrator.chapter('Second', 'short');
    expect(lines[0]).toBe('\n1. First\n');
    expect(lines.filter(line => line.includes('word'))).toHaveLength(2);
    expect(lines).toContain('\n2. Second\n');
  });

  it('keeps a short body on one line and gives a long one a line per member', () => {
    expect(render({ a: 1 })).toEqual(['{"a":1}']);
    expect(render({ a: 'x'.repeat(100), b: { c: 2 } })).toEqual([
      '{',
      `  "a": "${'x'.repeat(100)}",`,
      '  "b": {"c":2}',
      '}',
    ]);
  });

  it('never shows a secret whole', () => {
    expect(mask('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe('whsec_MfKQ…');
    expect(mask('short')).toBe('…');
  });
});
