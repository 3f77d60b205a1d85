import { z } from 'zod';
import { roleSchema } from '../roles.js';

/** user-lifecycle -> auth-mfa: `PUT /internal/credentials/{userId}`, idempotent on the user's id, before the user's commit. */
export const setCredentialSchema = z.strictObject({
  login: z.string(),
  /** Absent = the user has no password yet (staged, or invited). */
  password: z.string().optional(),
  /** A password that somebody else set: the next login must change it. */
  oneTime: z.boolean().default(true),
});
export type SetCredential = z.input<typeof setCredentialSchema>;

/** webhook-dispatcher -> auth-mfa: `POST /internal/endpoint-tokens`; makes or updates the endpoint's principal. */
export const endpointTokenSchema = z.strictObject({
  endpointId: z.string().startsWith('ep_'),
  roles: z.array(roleSchema).min(1),
  ttlSeconds: z.number().int().min(60).max(86_400),
});
export type EndpointTokenRequest = z.input<typeof endpointTokenSchema>;

/** gateway -> auth-mfa: `POST /internal/api-keys/exchange`; 401 for a key that is unknown, expired or revoked. */
export const apiKeyExchangeSchema = z.strictObject({ key: z.string().min(1).max(512) });

export const issuedTokenSchema = z.object({ accessToken: z.string(), expiresAt: z.iso.datetime() });
export type IssuedToken = z.output<typeof issuedTokenSchema>;

/**
 * user-lifecycle -> auth-mfa: `POST /internal/password-policy/check`: whether the policy takes a first password, asked before
 * anything is done with it. 204, or 422 with the pointer `/password`.
 */
export const checkPasswordSchema = z.strictObject({ login: z.string(), password: z.string().max(1024) });
