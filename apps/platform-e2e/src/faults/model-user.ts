import type { User } from '../support/resources.js';

/** What a hook's body and the API both show of a user, and every change of the workload alters. */
export interface UserState {
  readonly lastName: string;
  readonly status: string;
  readonly groups: readonly string[];
}

/** One text for one state, to compare what was acknowledged with what was delivered and what is read. */
export function fingerprint({ lastName, status, groups }: UserState): string {
  return `${status} ${lastName} [${[...groups].sort().join()}]`;
}

export function stateOfUser({ lastName, status, assignedGroups }: User): UserState {
  return { lastName, status, groups: assignedGroups };
}

/** The user of a hook's body. */
export function stateOfBody(user: Readonly<Record<string, unknown>>): UserState {
  return {
    lastName: String(user['lastName']),
    status: String(user['status']),
    groups: user['assignedGroups'] as readonly string[],
  };
}

/**
 * One user as the workload knows it. Changes come one after the other; one whose outcome is unknown is the last, so that each
 * history has exactly one uncertainty, at its end.
 */
export class ModelUser {
  id: string | undefined;
  /** After each acknowledged change, from the creation on; a user whose create was not acknowledged has none. */
  readonly acknowledged: UserState[] = [];
  /** What the change whose outcome is unknown would have made of it. */
  uncertain: UserState | undefined;

  constructor(
    readonly login: string,
    /** One-time password; undefined where none was given. */
    readonly password: string | undefined,
  ) {}

  get state(): UserState | undefined {
    return this.acknowledged.at(-1);
  }

  /** The states, one per version, of a user that is at this version; undefined when no history of the model leads there. */
  history(version: number): readonly UserState[] | undefined {
    if (version === this.acknowledged.length) return this.acknowledged;
    if (version === this.acknowledged.length + 1 && this.uncertain) return [...this.acknowledged, this.uncertain];
    return undefined;
  }
}
