import { z } from 'zod';
import { roleSchema } from '../roles.js';

export const ACCESS_TOKEN_AUDIENCE = 'countersign';
export const ACCESS_TOKEN_TYPE = 'at+jwt';
export const SERVICE_TOKEN_TYPE = 'svc+jwt';

/** Claims of an access token (RFC 9068 with the seed's names); ES256, `typ` at+jwt. */
export const accessTokenClaimsSchema = z.object({
  /** The user's login; `webhook:<endpoint id>` for an endpoint's principal, `api_key:<key id>` for an API key. */
  sub: z.string(),
  delegatee: z.string().nullable(),
  delegateeId: z.string().nullable(),
  firstLogin: z.boolean(),
  roles: z.array(roleSchema),
  tenantId: z.string(),
  userId: z.string(),
  iss: z.string(),
  aud: z.literal(ACCESS_TOKEN_AUDIENCE),
  jti: z.string(),
  sid: z.string(),
  amr: z.array(z.string()),
  acr: z.string(),
  /** Seconds since the epoch at which the last factor was proved. */
  auth_time: z.number().optional(),
  iat: z.number(),
  exp: z.number(),
});
export type AccessTokenClaims = z.output<typeof accessTokenClaimsSchema>;

/**
 * One line of the revocation stream (`GET /internal/revocations?cursor=`, NDJSON): tokens of `subject` issued before
 * `issuedBefore` are void. A line without `revocation` is the heartbeat (every second); `caughtUp` ends the initial load.
 */
export const revocationLineSchema = z.object({
  cursor: z.string(),
  caughtUp: z.boolean().optional(),
  revocation: z
    .object({
      kind: z.enum(['token', 'session', 'user', 'tenant']),
      tenantId: z.string(),
      /** jti, sid, userId or the tenant's slug. */
      subject: z.string(),
      /** Seconds since the epoch; a token with iat < issuedBefore is void. */
      issuedBefore: z.number(),
      /** 401 code for the client: `token_revoked`, or `token_stale` where a refresh helps. */
      code: z.enum(['token_revoked', 'token_stale']),
      /** Seconds since the epoch after which no such token can live any more. */
      expiresAt: z.number(),
    })
    .optional(),
});
export type RevocationLine = z.output<typeof revocationLineSchema>;
export type Revocation = NonNullable<RevocationLine['revocation']>;
