import { availableParallelism } from 'node:os';
import { messagingConfig } from '@countersign/messaging';
import { postgresConfig } from '@countersign/persistence';
import { envelopeConfig, loadConfig, migrateConfig, serviceConfig, type MigrateConfig } from '@countersign/platform';
import { z } from 'zod';

/** Everything that auth-mfa reads from its environment. */
export const authMfaConfig = serviceConfig.extend({
  ...postgresConfig.shape,
  ...messagingConfig.shape,
  ...envelopeConfig.shape,
  USER_LIFECYCLE_URL: z.url().describe('base URL of user-lifecycle'),
  PASSWORD_HASH_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(availableParallelism())
    .describe(
      'password hashes computed at the same time (19 MiB and one core each); more than UV_THREADPOOL_SIZE is no use',
    ),
  PASSWORD_HASH_QUEUE: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(64)
    .describe('calls that may wait for a hash; further ones get 503 overloaded'),
});
export type AuthMfaConfig = z.output<typeof authMfaConfig>;

export function readConfig(): AuthMfaConfig {
  return loadConfig(authMfaConfig, process.env);
}

export function readMigrateConfig(): MigrateConfig {
  return loadConfig(migrateConfig, process.env);
}
