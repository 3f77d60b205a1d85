import { LoginSucceeded } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CredentialRepository, type Credential } from '../credentials/credential.repository.js';
import type { KnownUser } from '../directory/directory.repository.js';
import { StartSession } from '../sessions/start-session.js';
import { nextLoginStep, type Owed } from './login-state.js';
import { LoginTransactionRepository, type LoginTransaction } from './login-transaction.repository.js';
import { invalidTransaction } from './login.errors.js';
import type { LoginStateView } from './login.schema.js';

export interface LoginUnderWay {
  login: LoginTransaction;
  /** Held by the transaction. */
  user: KnownUser;
  credential: Credential;
}

/**
 * Moves a login to what is due next, in the caller's transaction; when nothing is, consumes it and opens the session. Every
 * call of the login ends here, whatever it has just settled.
 */
@Injectable()
export class AdvanceLogin {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly logins: LoginTransactionRepository,
    private readonly credentials: CredentialRepository,
    private readonly startSession: StartSession,
  ) {}

  /**
   * @param secret the transaction as the client holds it
   * @throws DomainError 401 `invalid_transaction` when a parallel call has moved the login
   */
  async execute(tx: TenantTransaction, secret: string, underWay: LoginUnderWay): Promise<LoginStateView> {
    const now = this.clock.now();
    const { credential } = underWay;
    const step = nextLoginStep(owedBy(credential));
    const to = { state: step.state, credentialVersion: credential.version, amr: underWay.login.amr };
    const unchanged = step.state === underWay.login.state && credential.version === underWay.login.credentialVersion;
    const login = unchanged ? underWay.login : await this.logins.advance(tx, underWay.login, to, now);
    if (!login) throw invalidTransaction();
    const view = { transaction: secret, expiresAt: login.expiresAt.toISOString() };
    switch (step.state) {
      case 'PASSWORD_CHANGE_DUE':
        return { ...view, state: step.state };
      case 'CHALLENGE_DUE':
        return { ...view, state: step.state, factors: [...step.factors] };
      case 'ENROLL_DUE':
        return { ...view, state: step.state, factors: [...step.factors] };
      case 'DONE':
        return { ...view, state: step.state, tokens: await this.finish(tx, { ...underWay, login }, now) };
    }
  }

  private async finish(tx: TenantTransaction, { login, user, credential }: LoginUnderWay, now: Date) {
    const firstLogin = credential.firstLoginAt === null;
    if (firstLogin) await this.credentials.noteFirstLogin(tx, user.userId, now);
    const { sessionId, tokens } = await this.startSession.execute(tx, {
      user,
      amr: login.amr,
      acr: 'pwd',
      authTime: login.createdAt,
      firstLogin,
    });
    const actor = { type: 'user', id: user.userId } as const;
    const { userId, login: name } = user;
    const { clientIp, userAgent, amr } = login;
    await this.outbox.add(
      tx,
      LoginSucceeded,
      userId,
      { userId, login: name, clientIp, userAgent, sessionId, amr },
      { actor },
    );
    await recordAudit(this.outbox, tx, {
      action: 'login.succeeded',
      target: { type: 'user', id: userId },
      changes: { transaction: { after: login.id }, session: { after: sessionId } },
      actor,
    });
    return tokens;
  }
}

/** What a login owes. Factors join here: the rule that applies to the user says which. */
function owedBy(credential: Credential): Owed {
  return { passwordChange: credential.oneTime, challenge: [], setUp: [] };
}
