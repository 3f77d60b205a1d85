import { describe, expect, it } from 'vitest';
import { assertMayChange, assertMaySetRoles } from './user-permissions.js';
import { newUser } from './user-state.js';

const person = newUser('usr_1', 'anna', { firstName: 'A', lastName: 'L' }, new Date(0));
const admin = { ...person, id: 'usr_2', roles: ['ORG_ADMIN' as const] };
const helpdesk = { userId: 'usr_3', roles: ['HELPDESK' as const] };

describe('permissions on users', () => {
  it('lets only an ORG_ADMIN set roles', () => {
    expect(() => assertMaySetRoles(helpdesk, ['USER'])).toThrow(
      expect.objectContaining({ code: 'roles_forbidden', kind: 'forbidden' }) as Error,
    );
    assertMaySetRoles(helpdesk, undefined);
    assertMaySetRoles({ userId: 'usr_2', roles: ['ORG_ADMIN'] }, ['ORG_ADMIN']);
  });

  it("keeps others away from an administrator's account, but not the administrator", () => {
    expect(() => assertMayChange(helpdesk, admin)).toThrow(
      expect.objectContaining({ code: 'administrator_protected' }) as Error,
    );
    assertMayChange(helpdesk, person);
    assertMayChange({ userId: 'usr_2', roles: ['USER'] }, admin);
    assertMayChange({ userId: 'usr_4', roles: ['ORG_ADMIN'] }, admin);
  });
});
