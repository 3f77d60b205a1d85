import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { GroupRepository } from './group.repository.js';
import type { Group } from './group.schema.js';

/** One group. */
@Injectable()
export class FindGroup {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
  ) {}

  /** @throws DomainError 404 */
  async execute(tenantId: TenantId, groupId: string): Promise<Group> {
    const group = await this.uow.run(tenantId, tx => this.groups.find(tx, groupId));
    if (!group) throw notFound('group');
    return group;
  }
}
