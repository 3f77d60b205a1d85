import { describe, expect, it } from 'vitest';
import { consequenceOf, type Standing } from './consequences.js';

const user: Standing = { roles: ['USER'], status: 'active' };

describe('what a change of standing does', () => {
  it('makes tokens stale when the roles are others, not when only their order is', () => {
    expect(consequenceOf(user, { ...user, roles: ['USER', 'AUDITOR'] })).toBe('stale');
    expect(consequenceOf({ ...user, roles: ['USER', 'AUDITOR'] }, user)).toBe('stale');
    expect(consequenceOf({ ...user, roles: ['AUDITOR', 'USER'] }, { ...user, roles: ['USER', 'AUDITOR'] })).toBe(
      'none',
    );
  });

  it('ends everything when the user is disabled, also when the roles change with it', () => {
    expect(consequenceOf(user, { roles: [], status: 'disabled' })).toBe('end');
    expect(consequenceOf({ ...user, status: 'disabled' }, { roles: [], status: 'disabled' })).toBe('none');
    expect(consequenceOf(user, { ...user, status: 'staged' })).toBe('end');
  });

  it('erases what is kept of a deleted user, whatever was known', () => {
    for (const before of [undefined, user, { ...user, status: 'deleted' } as Standing]) {
      expect(consequenceOf(before, { ...user, status: 'deleted' })).toBe('erase');
    }
  });

  it('does nothing to a new user, and ends what may exist of one that arrives disabled', () => {
    expect(consequenceOf(undefined, user)).toBe('none');
    expect(consequenceOf(undefined, { ...user, status: 'disabled' })).toBe('end');
    expect(consequenceOf({ ...user, status: 'disabled' }, user)).toBe('none');
  });
});
