import type { User } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { alternativesOf, compileFilter, mentions } from '../filtering/compile-filter.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort } from '../filtering/sort-order.js';
import { USER_SORTS, userFilterAttributes } from './user-filters.js';
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
    const visible = mentions(parsed, 'status') ? 'true' : `u.status <> 'deleted'`;
    const first = `order by ${keyset.orderBy} limit ${limit + 1}`;
    return this.uow.run(tenantId, async tx => {
      const attributes = userFilterAttributes(await this.catalogs.read(tx));
      const alternatives = parsed ? alternativesOf(parsed, attributes) : [];
      const conditions = alternatives.map(
        one => `u.tenant_id = $1 and ${visible} and ${compileFilter(one, attributes, bind)} and ${after}`,
      );
      const condition =
        conditions.length > 1
          ? // The first rows of all are among the first rows of each, which the sort's index gives without reading the rest.
            `u.tenant_id = $1 and u.id in (${conditions.map(one => `(select u.id from users u where ${one} ${first})`).join(' union all ')})`
          : (conditions[0] ?? `u.tenant_id = $1 and ${visible} and ${after}`);
      const rows = await tx.query<UserRow & { sort_key: string[] }>(
        `select ${USER_COLUMNS}, ${keyset.selection} from users u where ${condition} ${first}`,
        parameters,
      );
      return keyset.page(rows, limit, toUser);
    });
  }
}
