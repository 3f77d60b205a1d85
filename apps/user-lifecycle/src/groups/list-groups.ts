import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import {
  compileFilter,
  exactColumn,
  keyColumn,
  timeColumn,
  type FilterAttribute,
} from '../filtering/compile-filter.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort, type SortableField } from '../filtering/sort-order.js';
import { GROUP_COLUMNS, toGroup, type GroupRow } from './group.repository.js';
import type { Group } from './group.schema.js';

const COLUMNS: Readonly<Record<string, FilterAttribute>> = {
  id: exactColumn('g.id'),
  name: keyColumn('g.name_key'),
  createdat: timeColumn('g.created_at'),
};
const SORTS: Readonly<Record<string, SortableField>> = {
  name: { columns: [{ sql: 'g.name_key', cast: 'text' }] },
  createdAt: { columns: [{ sql: 'g.created_at', cast: 'timestamptz' }] },
};
const attributes = (path: string): FilterAttribute | undefined =>
  Object.hasOwn(COLUMNS, path.toLowerCase()) ? COLUMNS[path.toLowerCase()] : undefined;

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
    const keyset = new Keyset(parseSort(sort, SORTS, 'name'), 'g.id', filter);
    const parameters: unknown[] = [tenantId];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const matches = filter === undefined ? 'true' : compileFilter(parseScimFilter(filter), attributes, bind);
    const after = keyset.after(cursor, bind);
    const rows = await this.uow.run(tenantId, tx =>
      tx.query<GroupRow & { sort_key: string[] }>(
        `select ${GROUP_COLUMNS}, ${keyset.selection} from groups g
          where g.tenant_id = $1 and g.deleted_at is null and ${matches} and ${after}
          order by ${keyset.orderBy} limit ${limit + 1}`,
        parameters,
      ),
    );
    return keyset.page(rows, limit, toGroup);
  }
}
