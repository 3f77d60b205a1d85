import { z } from 'zod';

/**
 * The part of a service's environment that names its database. Three logins, so that no mistake in one layer opens another:
 * the app role (row-level security, one tenant at a time), the worker role (queue tables across tenants) and, for
 * `countersign migrate` only, the owner.
 */
export const postgresConfig = z.object({
  DATABASE_URL: z
    .string()
    .min(1)
    .describe('PostgreSQL URL of the app role, e.g. postgresql://name:secret@host:5432/db'),
  DATABASE_WORKER_URL: z.string().min(1).describe('PostgreSQL URL of the worker role'),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(200).default(10).describe('connections of the app pool'),
  DATABASE_STATEMENT_TIMEOUT_MS: z.coerce.number().int().min(100).default(15_000),
});
export type PostgresConfig = z.infer<typeof postgresConfig>;
