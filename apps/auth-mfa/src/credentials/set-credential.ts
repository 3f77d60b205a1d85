import { loginKey, type SetCredential as SetCredentialInput } from '@countersign/contracts';
import { DomainError, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CredentialRepository } from './credential.repository.js';
import { PasswordHashing, type Hashing } from './password-hashing.js';
import { passwordProblem, passwordRefused } from './password-policy.js';

/**
 * Sets a user's first credential, right before user-lifecycle commits the user. Idempotent on the user's id: until the
 * user is heard of the call may be repeated, also with another password; afterwards only with the same one, so that a late
 * repetition never overwrites the password that the person has chosen since.
 */
@Injectable()
export class SetCredential {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly credentials: CredentialRepository,
    private readonly hashing: PasswordHashing,
  ) {}

  /** @throws DomainError 422 naming `/password`, 409 `credential_exists`, 503 `overloaded` */
  async execute(
    tenantId: TenantId,
    userId: string,
    { login, password, oneTime = true }: SetCredentialInput,
  ): Promise<void> {
    if (password === undefined) return this.store(tenantId, userId, login, null, oneTime).then(() => undefined);
    const problem = passwordProblem(password, login);
    if (problem) throw passwordRefused('/password', problem);
    await this.hashing.admit(async hashing => {
      const hash = await hashing.hash(password);
      if (await this.store(tenantId, userId, login, hash, oneTime)) return;
      await this.expectSame(tenantId, userId, password, hashing);
    });
  }

  private store(
    tenantId: TenantId,
    userId: string,
    login: string,
    passwordHash: string | null,
    oneTime: boolean,
  ): Promise<boolean> {
    return this.uow.run(tenantId, async tx => {
      const now = this.clock.now();
      const version = await this.credentials.insert(tx, {
        userId,
        loginKey: loginKey(login),
        passwordHash,
        oneTime,
        now,
      });
      if (version === undefined) return false;
      if (passwordHash) await this.credentials.remember(tx, { userId, version, passwordHash, now });
      await this.credentials.awaitUser(tx, userId);
      await recordAudit(this.outbox, tx, {
        action: 'credential.created',
        target: { type: 'user', id: userId },
        changes: { password: { after: passwordHash ? (oneTime ? 'one-time' : 'set') : 'none' } },
      });
      return true;
    });
  }

  private async expectSame(tenantId: TenantId, userId: string, password: string, hashing: Hashing): Promise<void> {
    const kept = await this.uow.run(tenantId, tx => this.credentials.find(tx, userId));
    if (kept?.passwordHash && (await hashing.verify(kept.passwordHash, password))) return;
    throw new DomainError('credential_exists', 'conflict', 'The user has a password; reset it instead of setting it');
  }
}
