import type { Role, User } from '@countersign/contracts';
import { valueOf } from '../attributes/attribute-values.js';

export interface Difference {
  before: unknown;
  after: unknown;
}

/** What differs, by JSON pointer into the user object. Two diffs are the same change when they are deeply equal. */
export type UserDiff = Readonly<Record<string, Difference>>;

const COMPARED = [
  'firstName',
  'lastName',
  'userType',
  'country',
  'email',
  'mobile',
  'manager',
  'assignedGroups',
  'roles',
  'status',
] as const satisfies readonly (keyof User)[];

/** The real changes between two states of one user; empty when there are none. */
export function diffUser(before: User, after: User): UserDiff {
  const diff: Record<string, Difference> = {};
  const compare = (pointer: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a ?? null) !== JSON.stringify(b ?? null))
      diff[pointer] = { before: a ?? null, after: b ?? null };
  };
  for (const name of COMPARED) compare(`/${name}`, before[name], after[name]);
  for (const name of [...new Set([...Object.keys(before.attributes), ...Object.keys(after.attributes)])].sort()) {
    compare(`/attributes/${name}`, valueOf(before.attributes, name), valueOf(after.attributes, name));
  }
  return diff;
}

export function isEmpty(diff: UserDiff): boolean {
  return Object.keys(diff).length === 0;
}

/**
 * Whether the tenant is asked before the change. Shutting an account (disabled, deleted) and taking roles away is announced
 * only: a dead receiver must not keep a compromised account alive (architecture: the user's path).
 */
export function asksTenant(diff: UserDiff): boolean {
  const status = diff['/status']?.after;
  if (status === 'disabled' || status === 'deleted') return false;
  const roles = diff['/roles'];
  if (!roles || Object.keys(diff).length > 1) return true;
  const granted = roles.before as Role[];
  return !(roles.after as Role[]).every(role => granted.includes(role));
}

/** The diff as an audit row shows it: `attributes.department` instead of a pointer. */
export function auditChanges(diff: UserDiff): Record<string, Difference> {
  return Object.fromEntries(
    Object.entries(diff).map(([pointer, change]) => [pointer.slice(1).replaceAll('/', '.'), change]),
  );
}
