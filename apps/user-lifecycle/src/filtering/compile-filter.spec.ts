import { describe, expect, it } from 'vitest';
import {
  alternativesOf,
  compileFilter,
  exactColumn,
  keyColumn,
  mentions,
  timeColumn,
  wordColumn,
  type FilterAttribute,
} from './compile-filter.js';
import { parseScimFilter, type ScimFilter } from './scim-filter.js';

const ATTRIBUTES: Record<string, FilterAttribute> = {
  login: keyColumn('u.login_key'),
  mobile: exactColumn('u.mobile'),
  at: timeColumn('u.at'),
  status: wordColumn('u.status', ['active', 'disabled', 'deleted']),
  roles: { operators: ['eq'], looksUp: true, sql: (_, value, bind) => `u.id in (${bind(value)})` },
};
const resolve = (path: string) => ATTRIBUTES[path];

function compile(filter: string | ScimFilter): [string, unknown[]] {
  const parameters: unknown[] = ['acme'];
  const parsed = typeof filter === 'string' ? parseScimFilter(filter) : filter;
  const sql = compileFilter(parsed, resolve, value => `$${parameters.push(value)}`);
  return [sql, parameters.slice(1)];
}

describe('compileFilter', () => {
  it('makes every value a parameter, in the form that the column compares', () => {
    expect(compile('login eq "ANNA" and mobile eq "+1"')).toEqual([
      '(u.login_key = $2 and u.mobile = $3)',
      ['anna', '+1'],
    ]);
  });

  it('turns "starts with" into a range of keys', () => {
    expect(compile('login sw "An"')).toEqual(['(u.login_key >= $2 and u.login_key < $3)', ['an', 'an\u{10ffff}']]);
  });

  it('reads times with their offset', () => {
    expect(compile('at gt "2026-01-01T02:00:00+02:00"')).toEqual([
      'u.at > $2::timestamptz',
      ['2026-01-01T00:00:00.000Z'],
    ]);
  });

  it('turns "not equal" of a closed list into the others', () => {
    expect(compile('status ne "deleted"')).toEqual(['u.status = any($2::text[])', [['active', 'disabled']]]);
  });

  it.each([
    'other eq "a"', 'login co "a"', 'login eq 1', 'mobile sw "a"', 'not (login eq "a")', 'login pr', 'status eq "asleep"',
    'at gt "soon"', 'at gt "9999-12-31T23:59:59-23:00"', String.raw`login eq "a\u0000"`, `login sw "${'a'.repeat(201)}"`,
  ])('refuses %j', filter => {
    expect(() => compile(filter)).toThrow(expect.objectContaining({ code: 'filter_unsupported' }) as Error);
  }); // prettier-ignore

  it('knows whether a filter says anything of an attribute', () => {
    expect(mentions(parseScimFilter('a eq 1 or not (b eq 2 and Status pr)'), 'status')).toBe(true);
    expect(mentions(parseScimFilter('a eq 1'), 'status')).toBe(false);
    expect(mentions(undefined, 'status')).toBe(false);
  });
});

describe('alternativesOf', () => {
  const alternatives = (filter: string) => alternativesOf(parseScimFilter(filter), resolve).map(one => compile(one)[0]);

  it('leaves a filter whole that indexes of one table answer', () => {
    expect(alternatives('login eq "a" or mobile eq "b"')).toEqual(['(u.login_key = $2 or u.mobile = $3)']);
  });

  it('takes apart, through and, what looks into another table', () => {
    expect(
      alternatives('mobile eq "m" and (login eq "a" or (roles eq "x" and (login eq "b" or login eq "c")))'),
    ).toEqual([
      '(u.mobile = $2 and u.login_key = $3)',
      '(u.mobile = $2 and (u.id in ($3) and u.login_key = $4))',
      '(u.mobile = $2 and (u.id in ($3) and u.login_key = $4))',
    ]);
    expect(alternatives('roles eq "x"').length).toBe(1);
  });

  it('refuses a filter that comes to too many', () => {
    const pair = '(roles eq "a" or roles eq "b")';
    expect(() => alternatives([pair, pair, pair, pair, pair].join(' and '))).toThrow(
      expect.objectContaining({ code: 'filter_unsupported' }) as Error,
    );
  });
});
