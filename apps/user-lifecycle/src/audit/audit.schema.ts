import { auditRecordSchema } from '@countersign/contracts';
import { listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';

export const auditEntrySchema = auditRecordSchema.meta({ id: 'AuditEntry' });
export type AuditEntry = z.output<typeof auditEntrySchema>;
export const auditPageSchema = pageSchema(auditEntrySchema);

export const auditListQuerySchema = listQuerySchema.extend({
  filter: z
    .string()
    .max(2000)
    .optional()
    .describe('SCIM filter: id, at, action (eq, sw), actor.id, target.id, target.type, traceId'),
  sort: z.string().max(100).optional().describe('at or -at (the default: newest first)'),
});
