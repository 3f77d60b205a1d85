import type { AccessTokenClaims } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { AccessTokenVerifier, toPrincipal, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { ApiKeys, isApiKey } from './api-keys.js';

/** Who calls, and what the services get to see of it. */
export interface Caller {
  principal: Principal;
  /** `Bearer <access token>`: the client's own, or the one that its API key was exchanged for. */
  authorization: string;
}

/** Reads the credential of a request: an access token, or an API key which it exchanges for one. */
@Injectable()
export class Authenticate {
  constructor(
    private readonly accessTokens: AccessTokenVerifier,
    private readonly apiKeys: ApiKeys,
  ) {}

  /**
   * @param beforeExchange runs before auth-mfa is asked about a key that is not known here; it may refuse by throwing
   * @throws DomainError 401 `unauthenticated`, `invalid_token`, `token_revoked`, `token_stale`; 503 `starting`,
   *   `revocation_unavailable`, `service_unavailable`
   */
  async execute(authorization: string | undefined, beforeExchange: () => void): Promise<Caller> {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new DomainError(
        'unauthenticated',
        'unauthenticated',
        'Send an access token or an API key as Authorization: Bearer',
      );
    }
    if (!isApiKey(token)) return caller(await this.accessTokens.verify(token), token);
    if (!this.apiKeys.isKnown(token)) beforeExchange();
    return this.exchanged(token);
  }

  private async exchanged(key: string): Promise<Caller> {
    const token = await this.tokenOf(key);
    try {
      return caller(await this.accessTokens.verify(token), token);
    } catch (error) {
      // Revoked since it was kept: the key may be gone, or may only have other roles now. auth-mfa knows.
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') throw error;
      this.apiKeys.forget(key);
      const fresh = await this.tokenOf(key);
      return caller(await this.accessTokens.verify(fresh), fresh);
    }
  }

  private async tokenOf(key: string): Promise<string> {
    const token = await this.apiKeys.tokenOf(key);
    if (token === undefined) throw new DomainError('invalid_token', 'unauthenticated', 'The API key is not valid');
    return token;
  }
}

function caller(claims: AccessTokenClaims, token: string): Caller {
  return { principal: toPrincipal(claims), authorization: `Bearer ${token}` };
}
