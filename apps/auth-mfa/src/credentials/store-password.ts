import { loginKey, PasswordChanged } from '@countersign/contracts';
import { DomainError, type Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { EndSessions } from '../sessions/end-sessions.js';
import { CredentialRepository, type Credential } from './credential.repository.js';

export interface PasswordToStore {
  user: { userId: string; login: string };
  /** The credential that is replaced, as it was when the change was decided; undefined = the user had none. */
  before: Credential | undefined;
  hash: string;
  /** false = somebody else set it, and the next login changes it. */
  chosenByUser: boolean;
  /** The session that changes it, which goes on. */
  keepSession?: string;
}

/**
 * Replaces a password, in the caller's transaction, with all that follows from it: it counts for the history, the user's
 * other sessions end, the event and the audit row are written.
 */
@Injectable()
export class StorePassword {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly credentials: CredentialRepository,
    private readonly endSessions: EndSessions,
  ) {}

  /** @throws DomainError 409 `password_changed_meanwhile` */
  async execute(tx: TenantTransaction, change: PasswordToStore): Promise<void> {
    const now = this.clock.now();
    const { userId, login } = change.user;
    const oneTime = !change.chosenByUser;
    const version = change.before
      ? await this.credentials.replace(tx, {
          userId,
          passwordHash: change.hash,
          oneTime,
          version: change.before.version,
          now,
        })
      : await this.credentials.insert(tx, {
          userId,
          loginKey: loginKey(login),
          passwordHash: change.hash,
          oneTime,
          now,
        });
    if (version === undefined) {
      throw new DomainError(
        'password_changed_meanwhile',
        'conflict',
        'The password was changed meanwhile; start again',
      );
    }
    await this.credentials.remember(tx, { userId, version, passwordHash: change.hash, now });
    await this.endSessions.execute(tx, { userId, except: change.keepSession, reason: 'password_changed' });
    await this.outbox.add(tx, PasswordChanged, userId, { userId, chosenByUser: change.chosenByUser });
    await recordAudit(this.outbox, tx, {
      action: change.chosenByUser ? 'password.changed' : 'password.reset',
      target: { type: 'user', id: userId },
      changes: { password: {} },
    });
  }
}
