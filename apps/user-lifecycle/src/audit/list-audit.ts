import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import {
  compileFilter,
  exactColumn,
  textValue,
  timeColumn,
  type FilterAttribute,
} from '../filtering/compile-filter.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { prefixRange } from '../filtering/search-key.js';
import { Keyset, parseSort, type SortableField } from '../filtering/sort-order.js';
import type { AuditEntry } from './audit.schema.js';

const COLUMNS: Readonly<Record<string, FilterAttribute>> = {
  id: exactColumn('a.id'),
  at: timeColumn('a.at'),
  action: {
    operators: ['eq', 'sw'],
    sql: (operator, value, bind, name) => {
      const text = textValue(value, name);
      if (operator === 'eq') return `a.action = ${bind(text)}`;
      const { from, to } = prefixRange(text);
      return `(a.action >= ${bind(from)} and a.action < ${bind(to)})`;
    },
  },
  'actor.id': exactColumn('a.actor_id'),
  'target.id': exactColumn('a.target_id'),
  'target.type': exactColumn('a.target_type'),
  traceid: exactColumn('a.trace_id'),
};
const SORTS: Readonly<Record<string, SortableField>> = { at: { columns: [{ sql: 'a.at', cast: 'timestamptz' }] } };
const attributes = (path: string): FilterAttribute | undefined =>
  Object.hasOwn(COLUMNS, path.toLowerCase()) ? COLUMNS[path.toLowerCase()] : undefined;

interface AuditRow {
  id: string;
  at: Date;
  actor_type: AuditEntry['actor']['type'];
  actor_id: string;
  delegatee_id: string | null;
  action: string;
  target_type: string;
  target_id: string;
  changes: AuditEntry['changes'];
  trace_id: string;
  client_ip: string | null;
  user_agent: string | null;
  sort_key: string[];
}

export interface ListAuditQuery {
  tenantId: TenantId;
  filter?: string;
  sort?: string;
  cursor?: string;
  limit: number;
}

/** A page of the tenant's audit log, newest first unless asked otherwise. */
@Injectable()
export class ListAudit {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws DomainError 400 `filter_unsupported`, `malformed_request` for a cursor of another question */
  async execute({ tenantId, filter, sort, cursor, limit }: ListAuditQuery): Promise<Page<AuditEntry>> {
    const keyset = new Keyset(parseSort(sort, SORTS, '-at'), 'a.id', filter);
    const parameters: unknown[] = [tenantId];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const matches = filter === undefined ? 'true' : compileFilter(parseScimFilter(filter), attributes, bind);
    const after = keyset.after(cursor, bind);
    const rows = await this.uow.run(tenantId, tx =>
      tx.query<AuditRow>(
        `select a.*, ${keyset.selection} from audit_log a
          where a.tenant_id = $1 and ${matches} and ${after} order by ${keyset.orderBy} limit ${limit + 1}`,
        parameters,
      ),
    );
    return keyset.page(rows, limit, toEntry);
  }
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { type: row.actor_type, id: row.actor_id, ...(row.delegatee_id ? { delegateeId: row.delegatee_id } : {}) },
    action: row.action,
    target: { type: row.target_type, id: row.target_id },
    changes: row.changes,
    traceId: row.trace_id,
    ...(row.client_ip ? { clientIp: row.client_ip } : {}),
    ...(row.user_agent ? { userAgent: row.user_agent } : {}),
  };
}
