import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { alternativesOf, byName } from '../filtering/alternatives.js';
import { boundedSearch, inPageOrder } from '../filtering/bounded-search.js';
import { parseScimFilter } from '../filtering/scim-filter.js';
import { Keyset, parseSort } from '../filtering/sort-order.js';
import { AUDIT_FILTERS, AUDIT_SORTS, DEFAULT_AUDIT_SORT } from './audit-filters.js';
import type { AuditEntry } from './audit.schema.js';

const resolve = byName(AUDIT_FILTERS);

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
    const keyset = new Keyset(parseSort(sort, AUDIT_SORTS, DEFAULT_AUDIT_SORT), filter);
    const conditions = filter === undefined ? [[]] : alternativesOf(parseScimFilter(filter), resolve);
    const alternatives = conditions.map(one => ({ slice: 'true', conditions: one }));
    return this.uow.run(tenantId, async tx => {
      const page = await boundedSearch(tx, { table: 'audit_log', alternatives, keyset, cursor, limit });
      const rows = await tx.query<AuditRow>(
        `select a.* from audit_log a where a.tenant_id = $1 and a.id = any($2::text[])`,
        [tenantId, page.data],
      );
      return inPageOrder(page, rows, toEntry);
    });
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
