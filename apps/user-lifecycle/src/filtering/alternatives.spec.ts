import { describe, expect, it } from 'vitest';
import { alternativesOf, byName, describeFilters } from './alternatives.js';
import { exactColumn, keyColumn, wordColumn } from './conditions.js';
import { parseScimFilter } from './scim-filter.js';

const ATTRIBUTES = {
  login: keyColumn({ table: 'people', name: 'login' }),
  mobile: exactColumn({ table: 'people', name: 'mobile' }),
  status: wordColumn({ table: 'people', name: 'status' }, ['active', 'deleted']),
};
const alternatives = (filter: string) =>
  alternativesOf(parseScimFilter(filter), byName(ATTRIBUTES)).map(conditions =>
    conditions.map(condition => condition.column?.name),
  );

describe('alternativesOf', () => {
  it('keeps together what must all hold, and takes or apart, through and', () => {
    expect(alternatives('login eq "a" and mobile eq "b"')).toEqual([['login', 'mobile']]);
    expect(alternatives('MOBILE eq "m" and (login eq "a" or (status eq "active" and login sw "b"))')).toEqual([
      ['mobile', 'login'],
      ['mobile', 'status', 'login'],
    ]);
  });

  it.each([
    'other eq "a"', 'login co "a"', 'mobile sw "a"', 'not (login eq "a")', 'login pr', 'login eq "a" and not (login eq "b")',
    'constructor eq "a"',
  ])('refuses %j', filter => {
    expect(() => alternatives(filter)).toThrow(expect.objectContaining({ code: 'filter_unsupported' }) as Error);
  }); // prettier-ignore

  it('refuses a filter that comes to too many', () => {
    const pair = '(login eq "a" or login eq "b")';
    expect(alternatives([pair, pair, pair, pair].join(' and ')).length).toBe(16);
    expect(() => alternatives([pair, pair, pair, pair, pair].join(' and '))).toThrow(
      expect.objectContaining({ code: 'filter_unsupported' }) as Error,
    );
  });
});

describe('describeFilters', () => {
  it('names each attribute with its operators', () => {
    expect(describeFilters(ATTRIBUTES)).toContain('login (eq, sw), mobile (eq), status (eq, ne)');
  });
});
