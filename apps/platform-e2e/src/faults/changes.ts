import type { ApiClient, ApiAnswer } from '../support/api.js';
import type { User } from '../support/resources.js';
import type { UserState } from './model-user.js';

/** One change of a user: the call that makes it and the state that follows. */
export interface Change {
  readonly to: UserState;
  send(admin: ApiClient, userId: string): Promise<ApiAnswer<User>>;
}

/** A number in [0, 1), repeatable by its seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Any change that makes a new version of a user in this state: never one that the API takes for no change. */
export function nextChange(from: UserState, group: string, step: number, random: () => number): Change {
  const dice = random();
  if (from.status === 'disabled') return dice < 0.8 ? status(from, 'enable', 'active') : remove(from);
  if (dice < 0.45) return rename(from, `Step ${String(step)}`);
  if (dice < 0.75) return from.groups.includes(group) ? leave(from, group) : join(from, group);
  if (dice < 0.92) return status(from, 'disable', 'disabled');
  return remove(from);
}

function rename(from: UserState, lastName: string): Change {
  return { to: { ...from, lastName }, send: (admin, id) => admin.patch<User>(`/v1/users/${id}`, { lastName }) };
}

function join(from: UserState, group: string): Change {
  return {
    to: { ...from, groups: [...from.groups, group] },
    send: (admin, id) => admin.put<User>(`/v1/groups/${group}/members/${id}`),
  };
}

function leave(from: UserState, group: string): Change {
  return {
    to: { ...from, groups: from.groups.filter(one => one !== group) },
    send: (admin, id) => admin.delete<User>(`/v1/groups/${group}/members/${id}`),
  };
}

function status(from: UserState, verb: 'disable' | 'enable', to: string): Change {
  return { to: { ...from, status: to }, send: (admin, id) => admin.post<User>(`/v1/users/${id}/${verb}`) };
}

/** A deleted user belongs to no group any more. */
function remove(from: UserState): Change {
  return { to: { ...from, status: 'deleted', groups: [] }, send: (admin, id) => admin.delete<User>(`/v1/users/${id}`) };
}
