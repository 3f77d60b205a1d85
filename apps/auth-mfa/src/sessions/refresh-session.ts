import { DomainError, type Clock } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { readOpaqueSecret } from '../tokens/opaque-secret.js';
import { EndSessions } from './end-sessions.js';
import { IssueTokens } from './issue-tokens.js';
import { SessionRepository } from './session.repository.js';
import type { Tokens } from './tokens.schema.js';

/**
 * Trades a refresh token for the next pair of tokens (RFC 9700 §4.14.2: rotation with reuse detection). A token is good
 * once; a second use, also a parallel one, means that two parties hold it, and ends the session with everything issued in
 * it. There is no grace for a client that lost the answer: it signs in again. Roles and status are read anew.
 */
@Injectable()
export class RefreshSession {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly directory: DirectoryRepository,
    private readonly endSessions: EndSessions,
    private readonly issueTokens: IssueTokens,
  ) {}

  /** @throws DomainError 401 `invalid_refresh_token`, the same for unknown, expired, used and ended */
  async execute(refreshToken: string): Promise<Tokens> {
    const { tenantId, sha256 } = readOpaqueSecret(refreshToken);
    // The end of a session has to be committed, so the refusal is thrown afterwards.
    const tokens = await this.uow.run(tenantId, tx => this.rotate(tx, sha256));
    if (!tokens) {
      throw new DomainError(
        'invalid_refresh_token',
        'unauthenticated',
        'The refresh token is not valid; sign in again',
      );
    }
    return tokens;
  }

  private async rotate(tx: TenantTransaction, sha256: Buffer): Promise<Tokens | undefined> {
    const now = this.clock.now();
    const found = await this.sessions.findToken(tx, sha256);
    // The user before the session, in the order of those that disable a user and end its sessions.
    const user = await this.directory.holdUser(tx, found?.userId ?? '');
    const session = await this.sessions.hold(tx, found?.sessionId ?? '');
    // Read again now that both are held: a parallel use may have come first.
    const token = await this.sessions.findToken(tx, sha256);
    if (!session || !token || session.endedAt || session.expiresAt <= now) return undefined;
    if (token.usedAt) {
      const { id: only, userId } = session;
      await this.endSessions.execute(tx, { userId, only, reason: 'refresh_token_reused' });
      return undefined;
    }
    if (token.expiresAt <= now) return undefined;
    if (user?.status !== 'active' || (await this.directory.holdTenantStatus(tx)) === 'disabled') return undefined;
    await this.sessions.useToken(tx, sha256, session.id, now);
    return this.issueTokens.execute(tx, session, user);
  }
}
