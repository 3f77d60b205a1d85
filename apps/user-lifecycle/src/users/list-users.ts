import { userStatusSchema, type User } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { alternativesOf } from '../filtering/alternatives.js';
import { boundedSearch, inPageOrder, type Alternative } from '../filtering/bounded-search.js';
import type { Condition } from '../filtering/conditions.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort } from '../filtering/sort-order.js';
import { DEFAULT_USER_SORT, USER_SORTS, userFilterAttributes } from './user-filters.js';
import { toUser, USER_COLUMNS, type UserRow } from './user-row.js';

/** The two parts of the table, each with sort indexes of its own kind. */
const PRESENT = 'not t.deleted';
const DELETED = 't.deleted';

export interface ListUsersQuery {
  tenantId: TenantId;
  filter?: string;
  sort?: string;
  cursor?: string;
  limit: number;
}

/** A page of users; deleted ones only where the filter asks for that status. */
@Injectable()
export class ListUsers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly catalogs: AttributeCatalogRepository,
  ) {}

  /** @throws DomainError 400 `filter_unsupported`, `malformed_request` for a cursor of another question */
  async execute({ tenantId, filter, sort, cursor, limit }: ListUsersQuery): Promise<Page<User>> {
    const parsed = filter === undefined ? undefined : parseScimFilter(filter);
    const keyset = new Keyset(parseSort(sort, USER_SORTS, DEFAULT_USER_SORT), filter);
    return this.uow.run(tenantId, async tx => {
      const alternatives = parsed
        ? alternativesOf(parsed, userFilterAttributes(await this.catalogs.read(tx))).flatMap(inParts)
        : [{ slice: PRESENT, conditions: [] }];
      const page = await boundedSearch(tx, { table: 'users', alternatives, keyset, cursor, limit });
      if (page.data.length === 0) return { ...page, data: [] };
      const rows = await tx.query<UserRow>(
        `select ${USER_COLUMNS} from users u where u.tenant_id = $1 and u.id = any($2::text[])`,
        [tenantId, page.data],
      );
      return inPageOrder(page, rows, toUser);
    });
  }
}

/** The alternative in each part of the table that its conditions on status leave. */
function inParts(conditions: readonly Condition[]): Alternative[] {
  const onStatus = conditions.flatMap(({ words }) => (words ? [words] : []));
  if (onStatus.length === 0) return [{ slice: PRESENT, conditions }];
  const left = userStatusSchema.options.filter(status => onStatus.every(words => words.includes(status)));
  return [
    ...(left.some(status => status !== 'deleted') ? [{ slice: PRESENT, conditions }] : []),
    ...(left.includes('deleted') ? [{ slice: DELETED, conditions }] : []),
  ];
}
