import { describe, expect, it } from 'vitest';
import type { User } from '../user.js';
import { hookUserSchema, toHookUser } from './hook-user.js';

const user: User = {
  id: 'usr_1',
  login: 'shreyash2',
  firstName: 'Shreyash2',
  lastName: 'Pande2',
  userType: 'Employee',
  country: 'India',
  email: null,
  mobile: undefined,
  manager: 'usr_2',
  assignedGroups: [],
  attributes: { costCenter: '4711', gone: null },
  securityQuestion: {},
  roles: ['USER'],
  status: 'active',
  provisionedApps: {},
  createdAt: '2026-11-25T08:00:00.000Z',
  updatedAt: '2026-11-25T08:00:00.000Z',
  version: 1,
};

describe('toHookUser', () => {
  it('writes the seed document’s body, key by key in its order, for a user that does not exist yet', () => {
    const { manager: _, attributes: __, ...plain } = user;
    expect(JSON.stringify(toHookUser(plain, false))).toBe(
      '{"assignedGroups":[],"provisionedApps":{},"securityQuestion":{},"country":"India","firstName":"Shreyash2","lastName":"Pande2","login":"shreyash2","userType":"Employee"}',
    );
  });

  it('adds manager, custom attributes, then status and last id once the user exists, and leaves out what is not set', () => {
    expect(Object.keys(toHookUser(user, true)).slice(8)).toEqual(['manager', 'attributes', 'status', 'id']);
    expect(toHookUser(user, true)).toMatchObject({ attributes: { costCenter: '4711' } });
  });

  it('never shows roles, versions or security questions', () => {
    const shown = toHookUser({ ...user, roles: ['ORG_ADMIN'] }, true);
    expect(shown).not.toHaveProperty('roles');
    expect(shown).not.toHaveProperty('version');
    expect(shown.securityQuestion).toEqual({});
    expect(hookUserSchema.safeParse(shown).success).toBe(true);
  });
});
