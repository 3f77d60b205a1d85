import type { User } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { compileFilter, mentions } from '../filtering/compile-filter.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort } from '../filtering/sort-order.js';
import { USER_SORTS, userFilterTarget } from './user-filters.js';
import { toUser, USER_COLUMNS, type UserRow } from './user-row.js';

export interface ListUsersQuery {
  tenantId: TenantId;
  filter?: string;
  sort?: string;
  cursor?: string;
  limit: number;
}

/** A page of users; deleted ones only where the filter says something of status. */
@Injectable()
export class ListUsers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly catalogs: AttributeCatalogRepository,
  ) {}

  /** @throws DomainError 400 `filter_unsupported`, `malformed_request` for a cursor of another question */
  async execute({ tenantId, filter, sort, cursor, limit }: ListUsersQuery): Promise<Page<User>> {
    const parsed = filter === undefined ? undefined : parseScimFilter(filter);
    const keyset = new Keyset(parseSort(sort, USER_SORTS, 'createdAt'), 'u.id', filter);
    const parameters: unknown[] = [tenantId];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const after = keyset.after(cursor, bind);
    return this.uow.run(tenantId, async tx => {
      const target = userFilterTarget(await this.catalogs.read(tx), '$1');
      const matches = parsed ? compileFilter(parsed, target, bind) : 'true';
      const visible = mentions(parsed, 'status') ? 'true' : `u.status <> 'deleted'`;
      const rows = await tx.query<UserRow & { sort_key: string[] }>(
        `select ${USER_COLUMNS}, ${keyset.selection} from users u
          where u.tenant_id = $1 and ${visible} and ${matches} and ${after}
          order by ${keyset.orderBy} limit ${limit + 1}`,
        parameters,
      );
      return keyset.page(rows, limit, toUser);
    });
  }
}
