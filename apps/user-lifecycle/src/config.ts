import { messagingConfig } from '@countersign/messaging';
import { postgresConfig } from '@countersign/persistence';
import { envelopeConfig, loadConfig, migrateConfig, serviceConfig, type MigrateConfig } from '@countersign/platform';
import { z } from 'zod';

export const userLifecycleConfig = serviceConfig.extend({
  ...postgresConfig.shape,
  ...messagingConfig.shape,
  ...envelopeConfig.shape,
  WEBHOOK_DISPATCHER_URL: z.url().describe('base URL of webhook-dispatcher'),
  HOOKS_IN_FLIGHT_PER_TENANT: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(32)
    .describe('requests of one tenant that wait for its hooks at a time, per process'),
  IMPORT_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('rows of one import that are under way at a time; keep it well below HOOKS_IN_FLIGHT_PER_TENANT'),
  IMPORT_RETRY_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe("how long an import waits for the tenant's receiver or another service before its rows fail"),
});
export type UserLifecycleConfig = z.infer<typeof userLifecycleConfig>;

/** The only reader of the environment. @throws ConfigError naming every wrong variable */
export function readConfig(): UserLifecycleConfig {
  return loadConfig(userLifecycleConfig, process.env);
}

export function readMigrateConfig(): MigrateConfig {
  return loadConfig(migrateConfig, process.env);
}
