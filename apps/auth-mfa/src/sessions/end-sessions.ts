import type { Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { SessionRepository, type EndReason } from './session.repository.js';

export interface SessionsToEnd {
  userId: string;
  /** This one alone. */
  only?: string;
  /** All but this one. */
  except?: string;
  reason: EndReason;
}

/** Ends sessions in the caller's transaction: their refresh tokens are void at once, their access tokens within 2 s. */
@Injectable()
export class EndSessions {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly sessions: SessionRepository,
    private readonly revokeTokens: RevokeTokens,
  ) {}

  /** @returns the ids of the sessions that were live */
  async execute(tx: TenantTransaction, { reason, ...which }: SessionsToEnd): Promise<string[]> {
    const ended = await this.sessions.end(tx, which, reason, this.clock.now());
    if (ended.length === 0) return ended;
    await this.revokeTokens.execute(tx, { kind: 'session', subjects: ended });
    await recordAudit(this.outbox, tx, {
      action: 'session.ended',
      target: { type: 'user', id: which.userId },
      changes: { sessions: { before: ended }, reason: { after: reason } },
    });
    return ended;
  }
}
