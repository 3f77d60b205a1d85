import { describe, expect, it } from 'vitest';
import { executeStatement } from './execute-statement.js';

describe('executeStatement', () => {
  it('writes each value as a literal without a type', () => {
    expect(executeStatement('s', ["o'k", 1.5, true, null, undefined, 'a\\b'])).toBe(
      `execute "s"('o''k', '1.5', 'true', null, null,  E'a\\\\b')`,
    );
    expect(executeStatement('s', [['a', 'b"c', null, 7]])).toBe(`execute "s"( E'{"a","b\\\\"c",NULL,"7"}')`);
    expect(executeStatement('s', [[]])).toBe(`execute "s"('{}')`);
    expect(executeStatement('s', [])).toBe('execute "s"');
  });

  it.each([
    ['NUL', ['a\0b']],
    ['NUL in an array', [['a\0b']]],
    ['bytes', [Buffer.from('a')]],
    ['a date', [new Date(0)]],
    ['an array in an array', [[['a']]]],
    ['a long text', ['x'.repeat(9_000)]],
  ])('leaves %s to the protocol', (_, values) => {
    expect(executeStatement('s', values)).toBeUndefined();
  });
});
