import type { User } from '@countersign/contracts';
import { notFound, type TenantId } from '@countersign/kernel';
import { keepToIndexes, UnitOfWork } from '@countersign/persistence';
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
      // In two steps, by indexes: a join of both would be planned by guesses of how many members there are, and may read all users.
      await keepToIndexes(tx, { sorts: false });
      const ids = await this.groups.memberIds(tx, groupId, limit + 1, after);
      return tx.query<UserRow>(
        `select ${USER_COLUMNS} from users u where u.tenant_id = $1 and u.id = any($2::text[]) order by u.id`,
        [tenantId, ids],
      );
    });
    return toPage(rows, limit, toUser, row => [row.id]);
  }
}
