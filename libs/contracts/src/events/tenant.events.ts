import { z } from 'zod';
import { defineEvent } from '../define-event.js';

export const tenantStateSchema = z.object({
  tenant: z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'disabled']),
    createdAt: z.iso.datetime(),
    version: z.number().int().min(1),
  }),
  aggregateVersion: z.number().int().min(1),
});

const tenantEvent = <T extends string>(type: T) =>
  defineEvent({ type, version: 1, schema: tenantStateSchema, topic: 'iam.tenant.events.v1', public: false });

export const TenantCreated = tenantEvent('tenant.created');
export const TenantDisabled = tenantEvent('tenant.disabled');
/** Current state re-emitted by `countersign republish`; for read models only. */
export const TenantSnapshot = tenantEvent('tenant.snapshot');
