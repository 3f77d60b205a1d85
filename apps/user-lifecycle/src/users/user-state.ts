import { ROLES, type Role, type User, type UserStatus } from '@countersign/contracts';
import { DomainError, type Id } from '@countersign/kernel';
import type { AttributeValues } from '../attributes/attribute-values.js';

/** What may be said of a user, by the API or by a hook; absent = unchanged, null = cleared. */
export interface UserChanges {
  firstName?: string;
  lastName?: string;
  userType?: string | null;
  country?: string | null;
  email?: string | null;
  mobile?: string | null;
  manager?: string | null;
  assignedGroups?: readonly string[] | null;
  attributes?: AttributeValues | null;
  roles?: readonly Role[];
}

const SCALARS = ['userType', 'country', 'email', 'mobile', 'manager'] as const;

/** A user that does not exist yet, in its first version. */
export function newUser(
  id: Id<'usr'>,
  login: string,
  changes: UserChanges & { firstName: string; lastName: string },
  at: Date,
): User {
  const time = at.toISOString();
  const blank: User = {
    id,
    login: login.normalize('NFKC'),
    firstName: changes.firstName,
    lastName: changes.lastName,
    userType: null,
    country: null,
    email: null,
    mobile: null,
    manager: null,
    assignedGroups: [],
    attributes: {},
    securityQuestion: {},
    roles: ['USER'],
    status: 'active',
    provisionedApps: {},
    createdAt: time,
    updatedAt: time,
    version: 1,
  };
  return changeUser(blank, changes);
}

/** The user with the changes (RFC 7396 for `attributes`), in the one form in which users compare: sets are sorted, unset is null. */
export function changeUser(user: User, changes: UserChanges): User {
  const next: User = { ...user };
  if (changes.firstName !== undefined) next.firstName = changes.firstName;
  if (changes.lastName !== undefined) next.lastName = changes.lastName;
  for (const name of SCALARS) if (changes[name] !== undefined) next[name] = changes[name];
  if (changes.assignedGroups !== undefined) next.assignedGroups = [...new Set(changes.assignedGroups ?? [])].sort();
  if (changes.roles !== undefined) next.roles = ROLES.filter(role => changes.roles!.includes(role));
  if (changes.attributes === null) next.attributes = {};
  else if (changes.attributes) {
    const merged = Object.entries({ ...user.attributes, ...changes.attributes }).filter(([, value]) => value !== null);
    next.attributes = Object.fromEntries(merged.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return next;
}

/** The states that a user can go to, by the one it is in. */
const TRANSITIONS: Readonly<Record<UserStatus, readonly UserStatus[]>> = {
  staged: ['active', 'disabled', 'deleted'],
  active: ['disabled', 'deleted'],
  disabled: ['active', 'deleted'],
  deleted: [],
};

/**
 * The user in another state; a deleted user is in no group.
 * @throws DomainError 409 when it cannot go there
 */
export function moveUser(user: User, status: UserStatus): User {
  if (user.status === status) return user;
  if (!TRANSITIONS[user.status].includes(status)) throw userDeleted();
  return { ...user, status, ...(status === 'deleted' ? { assignedGroups: [] } : {}) };
}

export function userDeleted(): DomainError {
  return new DomainError('user_deleted', 'conflict', 'The user is deleted; create a new one instead');
}

export function isActiveAdmin(user: Pick<User, 'status' | 'roles'>): boolean {
  return user.status === 'active' && user.roles.includes('ORG_ADMIN');
}
