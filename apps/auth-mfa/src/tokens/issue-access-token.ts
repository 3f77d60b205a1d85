import { ACCESS_TOKEN_AUDIENCE, ACCESS_TOKEN_TYPE, type AccessTokenClaims, type Role } from '@countersign/contracts';
import { newId, type Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK, CONFIG } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import type { AuthMfaConfig } from '../config.js';
import { RevocationRepository } from '../revocations/revocation.repository.js';
import { SigningKeys } from './signing-keys.js';

export interface TokenSubject {
  /** The user's login; `webhook:<endpoint id>`, `api_key:<key id>`. */
  sub: string;
  userId: string;
  roles: readonly Role[];
  sessionId: string;
  firstLogin: boolean;
  amr: readonly string[];
  acr: string;
  /** When the last factor was proved; absent for principals that prove none. */
  authTime?: Date;
}

export interface IssuedAccessToken {
  accessToken: string;
  expiresAt: Date;
}

/** Signs access tokens (RFC 9068, ES256, the seed's claims). */
@Injectable()
export class IssueAccessToken {
  constructor(
    @Inject(CONFIG) private readonly config: AuthMfaConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly keys: SigningKeys,
    private readonly revocations: RevocationRepository,
  ) {}

  /**
   * To be called in the transaction that read, and holds, the principal's roles and status: a revocation that comes
   * before is reached by `iat`, one that comes after voids the token.
   * @param lifeSeconds from now to `exp`
   */
  async execute(tx: TenantTransaction, subject: TokenSubject, lifeSeconds: number): Promise<IssuedAccessToken> {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const iat = Math.max(now, await this.revocations.latestBoundary(tx, [subject.userId]));
    const exp = now + lifeSeconds;
    const { kid, privateKey } = await this.keys.current();
    const claims: AccessTokenClaims = {
      sub: subject.sub,
      delegatee: null,
      delegateeId: null,
      firstLogin: subject.firstLogin,
      roles: [...subject.roles],
      tenantId: tx.tenantId,
      userId: subject.userId,
      iss: this.config.PUBLIC_URL,
      aud: ACCESS_TOKEN_AUDIENCE,
      jti: newId('tkn'),
      sid: subject.sessionId,
      amr: [...subject.amr],
      acr: subject.acr,
      ...(subject.authTime ? { auth_time: Math.floor(subject.authTime.getTime() / 1000) } : {}),
      iat,
      exp,
    };
    const accessToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid })
      .sign(privateKey);
    return { accessToken, expiresAt: new Date(exp * 1000) };
  }
}
