import { roleSchema } from '@countersign/contracts';
import { pageSchema } from '@countersign/platform';
import { z } from 'zod';

export const apiKeyIdSchema = z.string().regex(/^key_[0-9a-z]{1,60}$/);

export const createApiKeySchema = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(128)
      .refine(text => text.isWellFormed() && !/\p{Cc}/u.test(text), 'a name has no control characters'),
    roles: z.array(roleSchema).min(1).max(5),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'CreateApiKey' });

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    roles: z.array(roleSchema),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
export const createdApiKeySchema = apiKeySchema
  .extend({
    /** Shown this once. */
    key: z.string(),
  })
  .meta({ id: 'CreatedApiKey' });
export const apiKeyPageSchema = pageSchema(apiKeySchema).meta({ id: 'ApiKeyPage' });
