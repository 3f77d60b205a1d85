import { notFound } from '@countersign/kernel';
import { retrySerialization, UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { assertMayChange } from '../users/user-permissions.js';
import type { MembershipCommand } from './add-member.js';
import { ChangeMembership } from './change-membership.js';
import { GroupRepository } from './group.repository.js';

/** Ends a user's membership in a group; one that is no member stays as it is. */
@Injectable()
export class RemoveMember {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
    private readonly membership: ChangeMembership,
  ) {}

  /** @throws DomainError 404 */
  execute({ tenantId, caller, groupId, userId }: MembershipCommand): Promise<void> {
    return retrySerialization(() =>
      this.uow.run(tenantId, async tx => {
        const [group] = await this.groups.lockShared(tx, [groupId]);
        if (!group) throw notFound('group');
        const user = await this.membership.lockMember(tx, userId);
        assertMayChange(caller, user);
        if (!user.assignedGroups.includes(groupId)) return;
        await this.membership.write(
          tx,
          user,
          user.assignedGroups.filter(id => id !== groupId),
        );
      }),
    );
  }
}
