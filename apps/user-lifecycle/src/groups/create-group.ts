import { GroupCreated } from '@countersign/contracts';
import { newId, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GroupRepository } from './group.repository.js';
import type { CreateGroupBody, Group } from './group.schema.js';

/** Makes a group without members. Names need not be unique: a group is known by its id. */
@Injectable()
export class CreateGroup {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
    private readonly outbox: Outbox,
  ) {}

  execute(tenantId: TenantId, body: CreateGroupBody): Promise<Group> {
    const at = this.clock.now().toISOString();
    const group: Group = {
      id: newId('grp'),
      name: body.name,
      description: body.description || null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    };
    return this.uow.run(tenantId, async tx => {
      await this.groups.insert(tx, group);
      await this.outbox.add(tx, GroupCreated, group.id, { group, aggregateVersion: group.version });
      await recordAudit(this.outbox, tx, {
        action: 'group.created',
        target: { type: 'group', id: group.id },
        changes: {
          name: { after: group.name },
          ...(group.description ? { description: { after: group.description } } : {}),
        },
      });
      return group;
    });
  }
}
