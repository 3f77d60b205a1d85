import { MAX_ASSIGNED_GROUPS } from '@countersign/contracts';
import { DomainError, notFound, type TenantId } from '@countersign/kernel';
import { retrySerialization, UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { assertMayChange, type Caller } from '../users/user-permissions.js';
import { ChangeMembership } from './change-membership.js';
import { GroupRepository } from './group.repository.js';

/** Which user belongs, or belongs no more, to which group. */
export interface MembershipCommand {
  tenantId: TenantId;
  caller: Caller;
  groupId: string;
  userId: string;
}

/** Makes a user a member of a group; one that is already stays as it is. */
@Injectable()
export class AddMember {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
    private readonly membership: ChangeMembership,
  ) {}

  /** @throws DomainError 404; 422 `too_many_groups` */
  execute({ tenantId, caller, groupId, userId }: MembershipCommand): Promise<void> {
    return retrySerialization(() =>
      this.uow.run(tenantId, async tx => {
        const [group] = await this.groups.lockShared(tx, [groupId]);
        if (!group) throw notFound('group');
        const user = await this.membership.lockMember(tx, userId);
        assertMayChange(caller, user);
        if (user.assignedGroups.includes(groupId)) return;
        if (user.assignedGroups.length >= MAX_ASSIGNED_GROUPS) throw tooManyGroups();
        await this.membership.write(tx, user, [...user.assignedGroups, groupId].sort());
      }),
    );
  }
}

function tooManyGroups(): DomainError {
  const message = `A user is in at most ${MAX_ASSIGNED_GROUPS} groups; take it out of another one first`;
  return new DomainError('too_many_groups', 'invalid', message);
}
