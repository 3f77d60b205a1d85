import { z } from 'zod';

/** What every service reads from its environment. */
export const serviceConfig = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  PORT: z.coerce.number().int().min(0).max(65_535).describe('port of the API; 0 = any free one'),
  MANAGEMENT_PORT: z.coerce.number().int().min(0).max(65_535).describe('port of /healthz, /readyz and /metrics'),
  PUBLIC_URL: z.url().describe('the address that clients use; issuer of every token'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SERVICE_KEYS_FILE: z.string().describe('JSON file of the public keys (JWK) of all services, by service name'),
  SERVICE_PRIVATE_KEY_FILE: z.string().describe("JSON file of this service's private key (JWK)"),
  AUTH_MFA_URL: z.url().describe('base URL of auth-mfa'),
  SUPERVISOR_PIPE_FD: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('file descriptor of a pipe; the service ends when it closes'),
});
export type ServiceConfig = z.infer<typeof serviceConfig>;

/** The envelope encryption's key file, for services that keep secrets. */
export const envelopeConfig = z.object({
  ENVELOPE_KEY_FILE: z.string().describe('JSON file {current, keys: {id: base64 of 32 bytes}} of this service alone'),
});
export type EnvelopeConfig = z.infer<typeof envelopeConfig>;
