import { z } from 'zod';

/** operator's command -> user-lifecycle: `POST /internal/tenants`. */
export const createTenantSchema = z.strictObject({
  slug: z.string(),
  name: z.string().trim().min(1).max(128).optional(),
  adminLogin: z.string(),
  adminEmail: z.email().max(254).optional(),
});
export type CreateTenant = z.input<typeof createTenantSchema>;

/** `adminPassword` is one-time: the first login must change it. */
export const createdTenantSchema = z.object({
  tenantId: z.string(),
  slug: z.string(),
  adminLogin: z.string(),
  adminPassword: z.string(),
});
export type CreatedTenant = z.output<typeof createdTenantSchema>;
