import { AuditRecorded, type AuditRecord } from '@countersign/contracts';
import { currentContext, newId, traceIdOf, type Actor } from '@countersign/kernel';
import type { Addition, Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';

export interface AuditFact {
  /** `<aggregate>.<verb in the past>`. */
  action: string;
  target: { type: string; id: string };
  changes?: AuditRecord['changes'];
  /** Who did it, where that is not the principal of the request. */
  actor?: Actor;
}

/**
 * Writes the audit row of a mutation in the mutation's own transaction: it leaves over the outbox, and user-lifecycle keeps
 * the tenant's log. Secrets are named in `changes`, their values never given.
 */
export async function recordAudit(outbox: Outbox, tx: TenantTransaction, fact: AuditFact): Promise<void> {
  await outbox.addMany(tx, [auditAddition(tx, fact)]);
}

/** The same as an addition, to be made in one statement with the event of the mutation. */
export function auditAddition(tx: TenantTransaction, fact: AuditFact): Addition {
  const context = currentContext();
  const data: AuditRecord = {
    id: newId('aud'),
    at: new Date().toISOString(),
    actor: fact.actor ?? context?.actor ?? { type: 'system', id: 'system' },
    action: fact.action,
    target: fact.target,
    changes: fact.changes ?? {},
    traceId: traceIdOf(context?.traceparent) ?? '',
    ...(context?.clientIp ? { clientIp: context.clientIp } : {}),
    ...(context?.userAgent ? { userAgent: context.userAgent } : {}),
  };
  return { tenantId: tx.tenantId, event: AuditRecorded, subject: fact.target.id, data };
}
