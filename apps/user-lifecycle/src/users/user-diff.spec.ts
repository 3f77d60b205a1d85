import { describe, expect, it } from 'vitest';
import { newId } from '@countersign/kernel';
import { asksTenant, auditChanges, diffUser, isEmpty } from './user-diff.js';
import { changeUser, moveUser, newUser } from './user-state.js';

const user = newUser(
  newId('usr'),
  'anna',
  { firstName: 'Anna', lastName: 'Lee', email: 'a@example.com', attributes: { floor: 1, badge: 'x' }, roles: ['USER', 'HELPDESK'], assignedGroups: ['grp_2', 'grp_1'] },
  new Date(0),
); // prettier-ignore

describe('diffUser', () => {
  it('finds nothing where nothing really changes', () => {
    const same = {
      firstName: 'Anna',
      email: 'a@example.com',
      mobile: null,
      assignedGroups: ['grp_1', 'grp_2', 'grp_1'],
      attributes: { floor: 1, none: null },
      roles: ['HELPDESK', 'USER'] as const,
    };
    expect(isEmpty(diffUser(user, changeUser(user, same)))).toBe(true);
    expect(isEmpty(diffUser(user, moveUser(user, 'active')))).toBe(true);
  });

  it('names what changed by pointer, attributes one by one', () => {
    const diff = diffUser(
      user,
      changeUser(user, { email: null, attributes: { floor: 2, badge: null, grade: 'A' }, assignedGroups: [] }),
    );
    expect(diff).toEqual({
      '/email': { before: 'a@example.com', after: null },
      '/assignedGroups': { before: ['grp_1', 'grp_2'], after: [] },
      '/attributes/badge': { before: 'x', after: null },
      '/attributes/floor': { before: 1, after: 2 },
      '/attributes/grade': { before: null, after: 'A' },
    });
    expect(Object.keys(auditChanges(diff))).toContain('attributes.floor');
  });
});

describe('asksTenant', () => {
  const asks = (next: typeof user) => asksTenant(diffUser(user, next));

  it('asks about changes of the profile, of groups, about more roles and about enabling', () => {
    expect(asks(changeUser(user, { country: 'Peru' }))).toBe(true);
    expect(asks(changeUser(user, { assignedGroups: [] }))).toBe(true);
    expect(asks(changeUser(user, { roles: ['USER', 'HELPDESK', 'AUDITOR'] }))).toBe(true);
    expect(asks(changeUser(user, { roles: ['AUDITOR'] }))).toBe(true);
    const disabled = moveUser(user, 'disabled');
    expect(asksTenant(diffUser(disabled, moveUser(disabled, 'active')))).toBe(true);
  });

  it('only announces what shuts an account or takes roles away and nothing else', () => {
    expect(asks(moveUser(user, 'disabled'))).toBe(false);
    expect(asks(moveUser(user, 'deleted'))).toBe(false);
    expect(asks(changeUser(user, { roles: ['USER'] }))).toBe(false);
    expect(asks(changeUser(user, { roles: ['USER'], country: 'Peru' }))).toBe(true);
  });
});
