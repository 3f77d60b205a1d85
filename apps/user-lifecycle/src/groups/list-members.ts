import type { User } from '@countersign/contracts';
import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { decodeCursor, toPage, type Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { toUser, USER_COLUMNS, type UserRow } from '../users/user-row.js';
import { GroupRepository } from './group.repository.js';

const cursorSchema = z.tuple([z.string().regex(/^usr_[0-9a-z_]{1,60}$/)]);

/** A page of a group's members, as users by id. */
@Injectable()
export class ListMembers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: GroupRepository,
  ) {}

  /** @throws DomainError 404 */
  async execute(tenantId: TenantId, groupId: string, limit: number, cursor?: string): Promise<Page<User>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, cursorSchema);
    const rows = await this.uow.run(tenantId, async tx => {
      if (!(await this.groups.find(tx, groupId))) throw notFound('group');
      return tx.query<UserRow>(
        `select ${USER_COLUMNS} from group_members members join users u on u.tenant_id = members.tenant_id and u.id = members.user_id
          where members.tenant_id = $1 and members.group_id = $2 and members.user_id > $3
          order by members.user_id limit $4`,
        [tenantId, groupId, after, limit + 1],
      );
    });
    return toPage(rows, limit, toUser, row => [row.id]);
  }
}
