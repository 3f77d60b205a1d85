import { messagingConfig } from '@countersign/messaging';
import { postgresConfig } from '@countersign/persistence';
import { envelopeConfig, loadConfig, migrateConfig, serviceConfig, type MigrateConfig } from '@countersign/platform';
import { z } from 'zod';
import { parseCidr } from './transport/address-policy.js';

const list = (text: string) =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');

const cidrs = z
  .string()
  .default('')
  .transform((text, context) =>
    list(text).flatMap(item => {
      try {
        return [parseCidr(item)];
      } catch {
        context.addIssue({ code: 'custom', message: `${item} is no CIDR block such as 10.1.0.0/16 or fd12::/48` });
        return [];
      }
    }),
  );

const ports = z
  .string()
  .default('')
  .transform((text, context) =>
    list(text).flatMap(item => {
      const port = Number(item);
      if (Number.isInteger(port) && port > 0 && port < 65_536) return [port];
      context.addIssue({ code: 'custom', message: `${item} is no port number` });
      return [];
    }),
  );

export const webhookDispatcherConfig = serviceConfig.extend({
  ...postgresConfig.shape,
  ...messagingConfig.shape,
  ...envelopeConfig.shape,
  WEBHOOK_ALLOWED_PRIVATE: cidrs.describe('private ranges that webhooks may be sent to, comma separated; default none'),
  WEBHOOK_DENIED_PORTS: ports.describe("ports that stay closed in those ranges: the platform's own"),
  WEBHOOK_SLOTS: z.coerce.number().int().min(1).max(10_000).default(512).describe('attempts in flight of one replica'),
  WEBHOOK_AWAITED_PER_TENANT: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('awaited calls in flight of one tenant, per replica'),
  WEBHOOK_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(2)
    .max(3_600)
    .default(60)
    .describe('after which a silent replica loses its deliveries'),
  WEBHOOK_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(10)
    .max(3_650)
    .default(30)
    .describe('days that the delivery log is kept'),
});
export type WebhookDispatcherConfig = z.output<typeof webhookDispatcherConfig>;

export function readConfig(): WebhookDispatcherConfig {
  return loadConfig(webhookDispatcherConfig, process.env);
}

export function readMigrateConfig(): MigrateConfig {
  return loadConfig(migrateConfig, process.env);
}
