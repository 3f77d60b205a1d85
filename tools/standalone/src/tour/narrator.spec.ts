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

  it('keeps a short body on one line and breaks a long one into its parts, as valid JSON', () => {
    expect(render({ a: 1 })).toEqual(['{"a":1}']);
    const long = { name: 'x'.repeat(60), list: [{ a: 'y,"'.repeat(20) }, { b: 'z'.repeat(60) }], n: null };
    const lines = render(long);
    expect(lines.every(line => line.length <= 104)).toBe(true);
    expect(JSON.parse(lines.join('\n'))).toEqual(long);
  });

  it('never shows a secret whole', () => {
    expect(mask('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe('whsec_MfKQ…');
    expect(mask('short')).toBe('…');
  });
});
