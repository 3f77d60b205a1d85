import { z } from 'zod';
import { slugSchema } from '../tenants/tenant.schema.js';

export const AGGREGATES = ['tenant', 'group', 'user'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export const republishSchema = z.strictObject({
  tenant: slugSchema.optional().describe('this tenant only'),
  aggregate: z.enum(AGGREGATES).optional().describe('this kind only'),
});
export type RepublishBody = z.output<typeof republishSchema>;

export const republishedSchema = z.object({
  tenants: z.number().int(),
  groups: z.number().int(),
  users: z.number().int(),
});
export type Republished = z.output<typeof republishedSchema>;
