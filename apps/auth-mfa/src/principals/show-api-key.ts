import type { z } from 'zod';
import type { ApiKey } from './api-key.repository.js';
import type { apiKeySchema } from './api-keys.schema.js';

/** A key as the API shows it, without its secret. */
export function showApiKey(key: ApiKey): z.output<typeof apiKeySchema> {
  const { id, name, roles, createdBy, createdAt, expiresAt, lastUsedAt } = key;
  return {
    id,
    name,
    roles,
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
