import { currentContext, DomainError } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { CheckNewPassword } from '../credentials/check-new-password.js';
import { CredentialRepository } from '../credentials/credential.repository.js';
import { PasswordHashing } from '../credentials/password-hashing.js';
import { StorePassword } from '../credentials/store-password.js';
import { readOpaqueSecret } from '../tokens/opaque-secret.js';
import { AdvanceLogin } from './advance-login.js';
import { invalidTransaction, wrongStep } from './login.errors.js';
import type { LoginStateView } from './login.schema.js';
import { OpenLogin } from './open-login.js';

/** Replaces the one-time password of a login, which goes on from there. A refused password leaves the login as it was. */
@Injectable()
export class ChangeLoginPassword {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly openLogin: OpenLogin,
    private readonly credentials: CredentialRepository,
    private readonly hashing: PasswordHashing,
    private readonly checkNewPassword: CheckNewPassword,
    private readonly storePassword: StorePassword,
    private readonly advanceLogin: AdvanceLogin,
  ) {}

  /** @throws DomainError 401 `invalid_transaction`, 409 `wrong_login_step`, 422 naming `/newPassword`, 503 `overloaded` */
  async execute(transaction: string, newPassword: string): Promise<LoginStateView> {
    const { tenantId, sha256 } = readOpaqueSecret(transaction);
    return this.hashing.admit(async hashing => {
      const { user, login, history } = await this.uow.run(tenantId, async tx => {
        const open = await this.openLogin.execute(tx, sha256);
        return { ...open, history: await this.credentials.history(tx, open.user.userId) };
      });
      if (login.state !== 'PASSWORD_CHANGE_DUE') throw wrongStep(login.state);
      const wanted = { password: newPassword, login: user.login, history, pointer: '/newPassword' };
      await this.checkNewPassword.execute(wanted, hashing);
      const hash = await hashing.hash(newPassword);

      return this.uow.run(tenantId, async tx => {
        // The person is known by now: it is the one who acts.
        const context = currentContext();
        if (context) Object.assign(context, { tenantId, actor: { type: 'user', id: user.userId } });
        // Opened again: whatever happened while the password was hashed counts.
        const open = await this.openLogin.execute(tx, sha256);
        if (open.login.version !== login.version) throw invalidTransaction();
        await this.storePassword
          .execute(tx, { user: open.user, before: open.credential, hash, chosenByUser: true })
          .catch(lostToAnotherCall);
        const credential = await this.credentials.find(tx, user.userId);
        if (!credential) throw invalidTransaction();
        return this.advanceLogin.execute(tx, transaction, { ...open, credential });
      });
    });
  }
}

/** Another call changed the password between the two reads above: this login is over, as for every other call that lost. */
function lostToAnotherCall(error: unknown): never {
  throw error instanceof DomainError && error.code === 'password_changed_meanwhile' ? invalidTransaction() : error;
}
