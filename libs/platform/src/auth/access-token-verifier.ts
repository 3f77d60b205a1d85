import { createHash } from 'node:crypto';
import {
  ACCESS_TOKEN_AUDIENCE,
  ACCESS_TOKEN_TYPE,
  accessTokenClaimsSchema,
  type AccessTokenClaims,
} from '@countersign/contracts';
import { DomainError, isTenantId } from '@countersign/kernel';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { request } from 'undici';
import type { Revocations } from './revocations.js';

const REFETCH_MS = 5_000;
/** Keys are read again after so long, so that one that is no longer published is no longer trusted. */
const KEYS_MS = 600_000;
const CACHE_MAX = 10_000;

/**
 * Verifies access tokens against auth-mfa's published keys (cached; fetched again every 10 minutes and for an unknown kid, at
 * most every 5 s) and the revocations. A verified token is remembered by its hash until it expires; revocation is checked on every call.
 */
export class AccessTokenVerifier {
  private keys?: JSONWebKeySet;
  private fetching?: Promise<void>;
  /** By performance.now(): a clock that is set back must not keep new keys from being fetched. */
  private fetchedAt = 0;
  private readonly cache = new Map<string, AccessTokenClaims>();

  constructor(
    private readonly authUrl: string,
    private readonly issuer: string,
    private readonly revocations: Revocations,
  ) {}

  /** @throws DomainError 401 `invalid_token`, `token_revoked`, `token_stale`; 503 `starting`, `revocation_unavailable` */
  async verify(token: string): Promise<AccessTokenClaims> {
    if (this.keys && performance.now() - this.fetchedAt > KEYS_MS) void this.fetch();
    const hash = createHash('sha256').update(token).digest('base64');
    let claims = this.cache.get(hash);
    if (!claims || claims.exp * 1000 < Date.now()) {
      claims = await this.verifySignature(token);
      if (this.cache.size >= CACHE_MAX) this.cache.clear();
      this.cache.set(hash, claims);
    }
    this.revocations.check(claims);
    return claims;
  }

  /** True once keys are there; a service answers 503 `starting` until then. */
  async ready(): Promise<boolean> {
    if (!this.keys) await this.fetch();
    return this.keys !== undefined;
  }

  private async verifySignature(token: string): Promise<AccessTokenClaims> {
    let kid: string | undefined;
    try {
      kid = decodeProtectedHeader(token).kid;
    } catch (cause) {
      throw invalidToken(cause);
    }
    if (!this.keys || !this.keys.keys.some(key => key.kid === kid)) await this.refresh();
    if (!this.keys)
      throw new DomainError('starting', 'unavailable', 'The signing keys are not loaded yet', { retryAfter: 1 });
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(this.keys), {
        algorithms: ['ES256'],
        typ: ACCESS_TOKEN_TYPE,
        audience: ACCESS_TOKEN_AUDIENCE,
        issuer: this.issuer,
        clockTolerance: 5,
      });
      const claims = accessTokenClaimsSchema.parse(payload);
      if (!isTenantId(claims.tenantId)) throw new Error('tenantId is no slug');
      return claims;
    } catch (cause) {
      throw invalidToken(cause);
    }
  }

  private async refresh(): Promise<void> {
    // Whoever comes while the keys are on their way waits for them: its own may be among them.
    if (this.fetching || !this.keys || performance.now() - this.fetchedAt >= REFETCH_MS) await this.fetch();
  }

  private fetch(): Promise<void> {
    return (this.fetching ??= this.fetchKeys()
      .catch(() => undefined)
      .finally(() => (this.fetching = undefined)));
  }

  private async fetchKeys(): Promise<void> {
    this.fetchedAt = performance.now();
    const { statusCode, body } = await request(new URL('/.well-known/jwks.json', this.authUrl), {
      headersTimeout: 2_000,
      bodyTimeout: 2_000,
    });
    const json = (await body.json()) as JSONWebKeySet;
    if (statusCode !== 200 || !Array.isArray(json.keys)) return;
    const gone = this.keys?.keys.some(key => !json.keys.some(({ kid }) => kid === key.kid));
    if (gone) this.cache.clear();
    this.keys = json;
  }
}

function invalidToken(cause: unknown): DomainError {
  return new DomainError('invalid_token', 'unauthenticated', 'The access token is not valid', { cause });
}
