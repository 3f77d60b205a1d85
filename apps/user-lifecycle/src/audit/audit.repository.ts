import type { AuditRecord } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

/** The tenant's audit log: rows are added and read, never changed. */
@Injectable()
export class AuditRepository {
  /** Adds facts; one that is there already is left as it is, so a repeated delivery adds nothing. */
  async addAll(tx: TenantTransaction, records: readonly AuditRecord[]): Promise<void> {
    const rows = records.map(record => ({
      at: record.at,
      id: record.id,
      actor_type: record.actor.type,
      actor_id: record.actor.id,
      delegatee_id: record.actor.delegateeId ?? null,
      action: record.action,
      target_type: record.target.type,
      target_id: record.target.id,
      changes: record.changes,
      trace_id: record.traceId,
      client_ip: record.clientIp ?? null,
      user_agent: record.userAgent ?? null,
    }));
    await tx.prepared(
      `insert into audit_log (tenant_id, at, id, actor_type, actor_id, delegatee_id, action, target_type, target_id, changes,
                              trace_id, client_ip, user_agent)
       select $1, r.* from jsonb_to_recordset($2::jsonb) as r(
         at timestamptz, id text, actor_type text, actor_id text, delegatee_id text, action text, target_type text,
         target_id text, changes jsonb, trace_id text, client_ip text, user_agent text)
       order by r.at, r.id
       on conflict (tenant_id, at, id) do nothing`,
      [tx.tenantId, JSON.stringify(rows)],
    );
  }
}
