import type { Role, UserStatus } from '@countersign/contracts';

export interface Standing {
  roles: readonly Role[];
  status: UserStatus;
}

/** What a change of a user's standing does to what was issued to it. */
export type Consequence =
  /** Nothing that is out is wrong. */
  | 'none'
  /** Access tokens say other roles: they are stale, a refresh gives good ones. */
  | 'stale'
  /** Sessions and tokens end. */
  | 'end'
  /** Sessions, tokens and credentials end for good. */
  | 'erase';

/** @param before undefined = the user was not known: nothing was issued under another standing */
export function consequenceOf(before: Standing | undefined, after: Standing): Consequence {
  if (after.status === 'deleted') return 'erase';
  if (after.status !== 'active') return before && before.status !== 'active' ? 'none' : 'end';
  return before && !sameRoles(before.roles, after.roles) ? 'stale' : 'none';
}

function sameRoles(one: readonly Role[], other: readonly Role[]): boolean {
  return [...new Set(one)].sort().join() === [...new Set(other)].sort().join();
}
