import { describe, expect, it } from 'vitest';
import { parseDeliveryFilter } from './delivery-filter.js';

describe('parseDeliveryFilter', () => {
  it('reads comparisons joined by and', () => {
    expect(parseDeliveryFilter('hook eq "postCreateUser" AND endpoint EQ "ep_1" and user eq "usr_1"')).toEqual([
      { attribute: 'hook', operator: 'eq', value: 'postCreateUser' },
      { attribute: 'endpoint', operator: 'eq', value: 'ep_1' },
      { attribute: 'user', operator: 'eq', value: 'usr_1' },
    ]);
    expect(parseDeliveryFilter('time ge "2026-01-01T00:00:00Z" and createdAt lt "2026-01-02"')).toEqual([
      { attribute: 'time', operator: 'ge', value: new Date('2026-01-01T00:00:00Z') },
      { attribute: 'time', operator: 'lt', value: new Date('2026-01-02T00:00:00Z') },
    ]);
    expect(parseDeliveryFilter('awaited eq true and verdict eq "refused"')).toEqual([
      { attribute: 'awaited', operator: 'eq', value: true },
      { attribute: 'verdict', operator: 'eq', value: 'refused' },
    ]);
    expect(parseDeliveryFilter('hook eq "a \\" and b"')).toEqual([
      { attribute: 'hook', operator: 'eq', value: 'a " and b' },
    ]);
  });

  it.each([
    '',
    'colour eq "red"',
    'hook ne "x"',
    'hook co "x"',
    'hook eq x',
    'hook eq "x" or hook eq "y"',
    'not (hook eq "x")',
    'hook eq "x" and',
    'state eq "lost"',
    'time eq "2026-01-01T00:00:00Z"',
    'time ge "yesterday"',
    'awaited eq "true"',
    'hook pr',
    'hook eq "x"and user eq "y"',
    'hook eq "\\x"',
    Array.from({ length: 11 }, () => 'hook eq "x"').join(' and '),
  ])('refuses %s', filter => {
    expect(() => parseDeliveryFilter(filter)).toThrow(
      expect.objectContaining({ code: 'filter_unsupported', kind: 'malformed' }) as Error,
    );
  });
});
