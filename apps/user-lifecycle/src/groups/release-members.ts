import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { UserRepository } from '../users/user.repository.js';
import { ChangeMembership } from './change-membership.js';
import { GroupRepository } from './group.repository.js';

/** Members that are released in one transaction. */
export const RELEASE_BATCH = 200;

/** Releases members of a deleted group, a batch at a time, so that a large group does not lock all of its users at once. */
@Injectable()
export class ReleaseMembers {
  constructor(
    private readonly users: UserRepository,
    private readonly groups: GroupRepository,
    private readonly membership: ChangeMembership,
  ) {}

  /** @returns whether there may be more */
  async execute(tx: TenantTransaction, groupId: string): Promise<boolean> {
    const ids = await this.groups.memberIds(tx, groupId, RELEASE_BATCH);
    for (const id of ids) {
      const user = await this.users.lock(tx, id);
      if (!user) continue;
      // The state as it reads hides the deleted group already; as a member it still had it.
      const before = {
        ...user,
        assignedGroups: [...user.assignedGroups.filter(other => other !== groupId), groupId].sort(),
      };
      const removed = await this.groups.removeMember(tx, groupId, id);
      if (removed && user.status !== 'deleted') await this.membership.write(tx, before, user.assignedGroups);
    }
    return ids.length === RELEASE_BATCH;
  }
}
