import type { Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { KnownUser } from '../directory/directory.repository.js';
import { IssueAccessToken } from '../tokens/issue-access-token.js';
import { newOpaqueSecret } from '../tokens/opaque-secret.js';
import { ACCESS_TOKEN_SECONDS, REFRESH_IDLE_SECONDS } from '../tokens/token-lives.js';
import { SessionRepository, type Session } from './session.repository.js';
import type { Tokens } from './tokens.schema.js';

/** The next pair of tokens of a session, in the transaction that holds its user. */
@Injectable()
export class IssueTokens {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly sessions: SessionRepository,
    private readonly issueAccessToken: IssueAccessToken,
  ) {}

  async execute(tx: TenantTransaction, session: Session, user: KnownUser): Promise<Tokens> {
    const now = this.clock.now();
    const refreshToken = newOpaqueSecret(tx.tenantId);
    const idle = new Date(now.getTime() + REFRESH_IDLE_SECONDS * 1000);
    await this.sessions.insertToken(tx, {
      sha256: refreshToken.sha256,
      sessionId: session.id,
      issuedAt: now,
      expiresAt: idle < session.expiresAt ? idle : session.expiresAt,
    });
    const { accessToken } = await this.issueAccessToken.execute(
      tx,
      {
        sub: user.login,
        userId: user.userId,
        roles: user.roles,
        sessionId: session.id,
        firstLogin: session.firstLogin,
        amr: session.amr,
        acr: session.acr,
        authTime: session.authTime,
      },
      ACCESS_TOKEN_SECONDS,
    );
    return { accessToken, tokenType: 'Bearer', expiresIn: ACCESS_TOKEN_SECONDS, refreshToken: refreshToken.value };
  }
}
