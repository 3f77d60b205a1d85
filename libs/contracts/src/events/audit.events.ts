import { z } from 'zod';
import { defineEvent } from '../define-event.js';

export const actorSchema = z.object({
  type: z.enum(['user', 'endpoint', 'api_key', 'operator', 'service', 'system']),
  id: z.string(),
  delegateeId: z.string().optional(),
});

/** One fact of the tenant's audit log, sent by the service that owns what changed, in the change's own transaction. */
export const auditRecordSchema = z.object({
  id: z.string().startsWith('aud_'),
  at: z.iso.datetime(),
  actor: actorSchema,
  /** `<aggregate>.<verb in the past>`, e.g. `user.created`, `webhook_endpoint.updated`, `login.failed`. */
  action: z.string(),
  target: z.object({ type: z.string(), id: z.string() }),
  /** Changed members with their values before and after; secrets are named, their values never given. */
  changes: z.record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() })),
  traceId: z.string(),
  clientIp: z.string().optional(),
  userAgent: z.string().optional(),
});
export type AuditRecord = z.output<typeof auditRecordSchema>;

export const AuditRecorded = defineEvent({
  type: 'audit.recorded',
  version: 1,
  schema: auditRecordSchema,
  topic: 'iam.audit.events.v1',
  public: false,
});
