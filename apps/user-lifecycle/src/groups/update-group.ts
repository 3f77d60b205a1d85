import { GroupUpdated } from '@countersign/contracts';
import { notFound, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { checkIfMatch, CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GroupRepository } from './group.repository.js';
import type { Group, PatchGroupBody } from './group.schema.js';

export interface UpdateGroupCommand {
  tenantId: TenantId;
  groupId: string;
  patch: PatchGroupBody;
  ifMatch?: string;
}

/** Renames or describes a group. Its members do not change, so no user is updated. */
@Injectable()
export class UpdateGroup {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 404, 412 `stale_version` */
  execute({ tenantId, groupId, patch, ifMatch }: UpdateGroupCommand): Promise<Group> {
    return this.uow.run(tenantId, async tx => {
      const before = await this.groups.lock(tx, groupId);
      if (!before) throw notFound('group');
      checkIfMatch(ifMatch, before.version);
      const name = patch.name ?? before.name;
      const description = patch.description === undefined ? before.description : patch.description || null;
      const changes = {
        ...(name === before.name ? {} : { name: { before: before.name, after: name } }),
        ...(description === before.description
          ? {}
          : { description: { before: before.description, after: description } }),
      };
      if (Object.keys(changes).length === 0) return before;
      const group: Group = {
        ...before,
        name,
        description,
        updatedAt: this.clock.now().toISOString(),
        version: before.version + 1,
      };
      await this.groups.save(tx, group);
      await this.outbox.add(tx, GroupUpdated, group.id, { group, aggregateVersion: group.version });
      await recordAudit(this.outbox, tx, { action: 'group.updated', target: { type: 'group', id: group.id }, changes });
      return group;
    });
  }
}
