import { describe, expect, it } from 'vitest';
import { parseScimFilter } from './scim-filter.js';

const compare = (attribute: string, operator: string, value: unknown) => ({
  kind: 'compare',
  attribute,
  operator,
  value,
});

describe('parseScimFilter', () => {
  it('reads comparisons with every kind of value', () => {
    expect(parseScimFilter('login eq "anna"')).toEqual(compare('login', 'eq', 'anna'));
    expect(parseScimFilter(' attributes.floor GE -2.5e1 ')).toEqual(compare('attributes.floor', 'ge', -25));
    expect(parseScimFilter('active eq true')).toEqual(compare('active', 'eq', true));
    expect(parseScimFilter('manager ne null')).toEqual(compare('manager', 'ne', null));
    expect(parseScimFilter('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b"')).toMatchObject({
      operator: 'sw',
    });
  });

  it('reads escapes as JSON does', () => {
    expect(parseScimFilter(String.raw`login eq "a\"b\\cé"`)).toEqual(compare('login', 'eq', 'a"b\\cé'));
  });

  it('binds and tighter than or, and takes operators in any case', () => {
    expect(parseScimFilter('a eq 1 OR b eq 2 And c eq 3')).toEqual({
      kind: 'or',
      items: [compare('a', 'eq', 1), { kind: 'and', items: [compare('b', 'eq', 2), compare('c', 'eq', 3)] }],
    });
  });

  it('follows parentheses, not and pr', () => {
    expect(parseScimFilter('not (a pr) and (b eq 1 or c eq 2)')).toEqual({
      kind: 'and',
      items: [
        { kind: 'not', item: { kind: 'present', attribute: 'a' } },
        { kind: 'or', items: [compare('b', 'eq', 1), compare('c', 'eq', 2)] },
      ],
    });
  });

  it.each([
    '', ' ', 'login', 'login eq', 'login is "a"', 'login eq a', 'eq "a"', '"a" eq login', 'login eq "a', 'login eq "a" and',
    '(login eq "a"', 'login eq "a")', 'login eq "a" login eq "b"', 'not login eq "a"', 'emails[type eq "work"]', 'login ~ "a"',
    `login eq "${'a'.repeat(2000)}"`, `${'('.repeat(12)}a pr${')'.repeat(12)}`, Array.from({ length: 21 }, () => 'a pr').join(' and '),
  ])('refuses %j', filter => {
    expect(() => parseScimFilter(filter)).toThrow(expect.objectContaining({ code: 'filter_unsupported', kind: 'malformed' }) as Error);
  }); // prettier-ignore
});
