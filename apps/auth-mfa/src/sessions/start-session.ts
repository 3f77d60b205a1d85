import { currentContext, newId, type Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { KnownUser } from '../directory/directory.repository.js';
import { SESSION_SECONDS } from '../tokens/token-lives.js';
import { IssueTokens } from './issue-tokens.js';
import { SessionRepository, type Session } from './session.repository.js';
import type { Tokens } from './tokens.schema.js';

export interface ProvedLogin {
  /** Held by the transaction. */
  user: KnownUser;
  amr: string[];
  acr: string;
  authTime: Date;
  firstLogin: boolean;
}

/** Opens a session for a login that owes nothing, in the transaction that consumes it. */
@Injectable()
export class StartSession {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly sessions: SessionRepository,
    private readonly issueTokens: IssueTokens,
  ) {}

  async execute(
    tx: TenantTransaction,
    { user, ...proved }: ProvedLogin,
  ): Promise<{ sessionId: string; tokens: Tokens }> {
    const now = this.clock.now();
    const context = currentContext();
    const session: Session = {
      id: newId('ses'),
      userId: user.userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + SESSION_SECONDS * 1000),
      ...proved,
      clientIp: context?.clientIp ?? null,
      userAgent: context?.userAgent ?? null,
      endedAt: null,
    };
    await this.sessions.insert(tx, session);
    return { sessionId: session.id, tokens: await this.issueTokens.execute(tx, session, user) };
  }
}
