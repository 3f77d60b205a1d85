import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { alternativesOf, byName } from '../filtering/alternatives.js';
import { boundedSearch, inPageOrder } from '../filtering/bounded-search.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort } from '../filtering/sort-order.js';
import { DEFAULT_GROUP_SORT, GROUP_FILTERS, GROUP_SORTS } from './group-filters.js';
import { GROUP_COLUMNS, toGroup, type GroupRow } from './group.repository.js';
import type { Group } from './group.schema.js';

/** What the indexes of the sorts hold. */
const PRESENT = 't.deleted_at is null';
const resolve = byName(GROUP_FILTERS);

export interface ListGroupsQuery {
  tenantId: TenantId;
  filter?: string;
  sort?: string;
  cursor?: string;
  limit: number;
}

/** A page of groups. */
@Injectable()
export class ListGroups {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws DomainError 400 `filter_unsupported`, `malformed_request` for a cursor of another question */
  async execute({ tenantId, filter, sort, cursor, limit }: ListGroupsQuery): Promise<Page<Group>> {
    const keyset = new Keyset(parseSort(sort, GROUP_SORTS, DEFAULT_GROUP_SORT), filter);
    const conditions = filter === undefined ? [[]] : alternativesOf(parseScimFilter(filter), resolve);
    const alternatives = conditions.map(one => ({ slice: PRESENT, conditions: one }));
    return this.uow.run(tenantId, async tx => {
      const page = await boundedSearch(tx, { table: 'groups', alternatives, keyset, cursor, limit });
      const rows = await tx.query<GroupRow>(
        `select ${GROUP_COLUMNS} from groups g where g.tenant_id = $1 and g.id = any($2::text[])`,
        [tenantId, page.data],
      );
      return inPageOrder(page, rows, toGroup);
    });
  }
}
