import { auditRecordSchema } from '@countersign/contracts';
import { listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';
import { describeFilters } from '../filtering/alternatives.js';
import { describeSorts } from '../filtering/sort-order.js';
import { AUDIT_FILTERS, AUDIT_SORTS, DEFAULT_AUDIT_SORT } from './audit-filters.js';

export const auditEntrySchema = auditRecordSchema.meta({ id: 'AuditEntry' });
export type AuditEntry = z.output<typeof auditEntrySchema>;
export const auditPageSchema = pageSchema(auditEntrySchema);

export const auditListQuerySchema = listQuerySchema.extend({
  filter: z.string().max(2000).optional().describe(describeFilters(AUDIT_FILTERS)),
  sort: z.string().max(100).optional().describe(describeSorts(AUDIT_SORTS, DEFAULT_AUDIT_SORT)),
});
