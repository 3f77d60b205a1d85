import { loadConfig, serviceConfig } from '@countersign/platform';
import { z } from 'zod';
import { parseNetwork, type Network } from './edge/client-address.js';
import type { Rate } from './rate-limit/token-buckets.js';

const list = (text: string) =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');

const networks = z.string().transform((text, context): Network[] => {
  try {
    return list(text).map(parseNetwork);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `a comma list of addresses and CIDRs is needed: ${String(error)}` });
    return z.NEVER;
  }
});

/** `600/60`: 600 requests in 60 seconds, all of them at once if need be. */
const rate = z
  .string()
  .regex(/^[1-9]\d{0,8}\/[1-9]\d{0,5}$/, 'requests/seconds is needed, such as 600/60')
  .transform((text): Rate => {
    const [quota, windowSeconds] = text.split('/').map(Number) as [number, number];
    return { quota, windowSeconds };
  });

const origins = z.string().transform((text, context): string[] => {
  const all = list(text);
  const wrong = all.find(origin => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong === undefined) return all;
  context.addIssue({ code: 'custom', message: `${wrong} is not an origin such as https://console.example.com` });
  return z.NEVER;
});

/** What the gateway reads from its environment. */
export const gatewayConfig = serviceConfig.extend({
  // Fastify opens a second server for `localhost`, on ::1, which the door would not stand before.
  HOST: serviceConfig.shape.HOST.transform(host => (host === 'localhost' ? '127.0.0.1' : host)),
  USER_LIFECYCLE_URL: z.url().describe('base URL of user-lifecycle'),
  WEBHOOK_DISPATCHER_URL: z.url().describe('base URL of webhook-dispatcher'),
  TRUSTED_PROXIES: networks
    .default([])
    .describe('comma list of the addresses and networks whose X-Forwarded-For is believed; none by default'),
  CORS_ORIGINS: origins.default([]).describe('comma list of the origins whose pages may call the API; none by default'),
  RATE_LIMIT_TENANT: rate.default({ quota: 30_000, windowSeconds: 60 }).describe('of a tenant, per replica'),
  RATE_LIMIT_PRINCIPAL: rate
    .default({ quota: 12_000, windowSeconds: 60 })
    .describe('of a user, an API key or an endpoint, per replica'),
  RATE_LIMIT_ADDRESS: rate
    .default({ quota: 3_000, windowSeconds: 60 })
    .describe('of a client address without a valid access token, per replica'),
  REQUEST_DEADLINE_MS: z.coerce.number().int().min(100).default(30_000).describe('of a whole request'),
  CONNECT_TIMEOUT_MS: z.coerce.number().int().min(100).default(2_000).describe('of a connection to a service'),
  MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(1024 * 1024)
    .describe('of a JSON body'),
  MAX_IMPORT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(1024 * 1024 * 1024)
    .describe('of a file that is imported'),
  MAX_IN_FLIGHT: z.coerce
    .number()
    .int()
    .min(1)
    .default(2_000)
    .describe('requests under way to one service; more get 503'),
  MAX_IN_FLIGHT_PER_CLIENT: z.coerce
    .number()
    .int()
    .min(1)
    .default(500)
    .describe('requests under way of one principal, or of one address where nobody is signed in; more get 429'),
  MAX_IN_FLIGHT_PER_TENANT: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_000)
    .describe('requests under way of one tenant; more get 429'),
  OPENAPI_FILE: z.string().optional().describe('merged OpenAPI document to route by; the committed one by default'),
});
export type GatewayConfig = z.output<typeof gatewayConfig>;

/** The only reader of the environment. @throws ConfigError naming every wrong variable */
export function readConfig(): GatewayConfig {
  return loadConfig(gatewayConfig, process.env);
}
