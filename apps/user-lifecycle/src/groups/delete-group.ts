import { GroupDeleted } from '@countersign/contracts';
import { notFound, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { retrySerialization, UnitOfWork } from '@countersign/persistence';
import { checkIfMatch, CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GroupRepository } from './group.repository.js';
import type { Group } from './group.schema.js';
import { ReleaseMembers } from './release-members.js';

/**
 * Deletes a group: from the commit on it is in no user's assignedGroups. The first members are released in the same
 * transaction, the rest of a large group by the event's own consumer, each with an update of its own.
 */
@Injectable()
export class DeleteGroup {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
    private readonly releaseMembers: ReleaseMembers,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 404, 412 `stale_version` */
  execute(tenantId: TenantId, groupId: string, ifMatch?: string): Promise<void> {
    return retrySerialization(() =>
      this.uow.run(tenantId, async tx => {
        const before = await this.groups.lock(tx, groupId);
        if (!before) throw notFound('group');
        checkIfMatch(ifMatch, before.version);
        const group: Group = { ...before, updatedAt: this.clock.now().toISOString(), version: before.version + 1 };
        await this.groups.markDeleted(tx, group);
        await this.releaseMembers.execute(tx, groupId);
        await this.outbox.add(tx, GroupDeleted, group.id, { group, aggregateVersion: group.version });
        await recordAudit(this.outbox, tx, {
          action: 'group.deleted',
          target: { type: 'group', id: group.id },
          changes: { name: { before: group.name } },
        });
      }),
    );
  }
}
