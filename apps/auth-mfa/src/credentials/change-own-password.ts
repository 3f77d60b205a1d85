import { invalidField } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { LoginBackOff } from '../back-off/login-back-off.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { CheckNewPassword } from './check-new-password.js';
import { CredentialRepository } from './credential.repository.js';
import { NOBODYS_HASH } from './password-hasher.js';
import { PasswordHashing } from './password-hashing.js';
import { StorePassword } from './store-password.js';

/**
 * A signed-in person changes its password. Wrong guesses at the current one count like failed logins, so a stolen access
 * token is no way round the back-off.
 */
@Injectable()
export class ChangeOwnPassword {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly directory: DirectoryRepository,
    private readonly credentials: CredentialRepository,
    private readonly hashing: PasswordHashing,
    private readonly backOff: LoginBackOff,
    private readonly checkNewPassword: CheckNewPassword,
    private readonly storePassword: StorePassword,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 422 naming `/currentPassword` or `/newPassword`, 429, 503 `overloaded` */
  async execute(principal: Principal, currentPassword: string, newPassword: string): Promise<void> {
    const { tenantId, userId, login } = principal;
    const key = await this.backOff.keyOf(tenantId, login);
    await this.hashing.admit(async hashing => {
      const { credential, history } = await this.uow.run(tenantId, async tx => {
        await this.backOff.expectOpen(tx, key);
        return {
          credential: await this.credentials.find(tx, userId),
          history: await this.credentials.history(tx, userId),
        };
      });
      const right = await hashing.verify(credential?.passwordHash ?? NOBODYS_HASH, currentPassword);
      const wait = await this.uow.run(tenantId, async tx => {
        if (right) return this.backOff.noteSuccess(tx, key);
        await recordAudit(this.outbox, tx, {
          action: 'password.change_refused',
          target: { type: 'user', id: userId },
          changes: { reason: { after: 'wrong_password' } },
        });
        return this.backOff.noteFailure(tx, key);
      });
      if (wait > 0) throw this.backOff.tooManyAttempts(wait);
      if (!right || !credential) {
        throw invalidField('/currentPassword', 'wrong_password', 'This is not your current password');
      }
      const wanted = { password: newPassword, login, history, pointer: '/newPassword' };
      await this.checkNewPassword.execute(wanted, hashing);
      const hash = await hashing.hash(newPassword);
      await this.uow.run(tenantId, async tx => {
        // The user before credential and sessions, in the order of those that delete a user.
        await this.directory.holdUser(tx, userId);
        await this.storePassword.execute(tx, {
          user: { userId, login },
          before: credential,
          hash,
          chosenByUser: true,
          keepSession: principal.sessionId,
        });
      });
    });
  }
}
