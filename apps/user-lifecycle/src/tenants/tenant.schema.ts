import { tenantStateSchema } from '@countersign/contracts';
import { listQuerySchema, pageSchema } from '@countersign/platform';
import { z } from 'zod';

export const tenantSchema = tenantStateSchema.shape.tenant;
export const tenantPageSchema = pageSchema(tenantSchema);
export const tenantListQuerySchema = listQuerySchema;
export const slugSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])$/);
