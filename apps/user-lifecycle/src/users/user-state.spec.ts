import { describe, expect, it } from 'vitest';
import { changeUser, isActiveAdmin, moveUser, newUser } from './user-state.js';

const user = newUser(
  'usr_1',
  'Ａnna',
  { firstName: 'A', lastName: 'L', attributes: { b: 1, a: null }, roles: ['ORG_ADMIN'] },
  new Date(0),
);

describe('newUser', () => {
  it('is active, in its first version, in the form in which users compare', () => {
    expect(user).toMatchObject({
      login: 'Anna',
      status: 'active',
      version: 1,
      attributes: { b: 1 },
      email: null,
      securityQuestion: {},
      createdAt: '1970-01-01T00:00:00.000Z',
    });
    expect(newUser('usr_1', 'a', { firstName: 'A', lastName: 'L' }, new Date(0)).roles).toEqual(['USER']);
  });
});

describe('changeUser', () => {
  it('leaves what is absent and clears what is null', () => {
    const changed = changeUser(changeUser(user, { email: 'a@b.cd', manager: 'usr_2' }), { email: null });
    expect(changed).toMatchObject({ email: null, manager: 'usr_2', attributes: { b: 1 } });
    expect(changeUser(user, { attributes: null, assignedGroups: null })).toMatchObject({
      attributes: {},
      assignedGroups: [],
    });
  });

  it('does not touch the state that it was given', () => {
    const before = structuredClone(user);
    changeUser(user, { attributes: { c: 2 }, roles: ['USER'] });
    expect(user).toEqual(before);
  });
});

describe('moveUser', () => {
  it('follows the table of transitions', () => {
    const disabled = moveUser(user, 'disabled');
    const deleted = moveUser({ ...disabled, assignedGroups: ['grp_1'] }, 'deleted');
    expect([disabled.status, moveUser(disabled, 'active').status, deleted.assignedGroups]).toEqual([
      'disabled',
      'active',
      [],
    ]);
    for (const status of ['active', 'disabled'] as const) {
      expect(() => moveUser(deleted, status)).toThrow(
        expect.objectContaining({ code: 'user_deleted', kind: 'conflict' }) as Error,
      );
    }
  });

  it('counts only active administrators', () => {
    expect([isActiveAdmin(user), isActiveAdmin(moveUser(user, 'disabled'))]).toEqual([true, false]);
  });
});
