import { DomainError, notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { FindUser } from '../directory/find-user.js';
import { CredentialRepository } from './credential.repository.js';
import { newOneTimePassword } from './one-time-password.js';
import { PasswordHashing } from './password-hashing.js';
import { StorePassword } from './store-password.js';

/**
 * An administrator or the helpdesk gives a user a one-time password; all of the user's sessions end. An administrator's
 * password is reset by a person who is one: a key or an endpoint that could would be more than its roles say.
 */
@Injectable()
export class ResetPassword {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly findUser: FindUser,
    private readonly directory: DirectoryRepository,
    private readonly credentials: CredentialRepository,
    private readonly hashing: PasswordHashing,
    private readonly storePassword: StorePassword,
  ) {}

  /** @throws DomainError 404, 403 where anybody but an administrator names an administrator, 503 `overloaded` */
  async execute(principal: Principal, userId: string): Promise<{ oneTimePassword: string }> {
    const { tenantId } = principal;
    await this.findUser.execute(tenantId, userId);
    const oneTimePassword = newOneTimePassword();
    const hash = await this.hashing.admit(hashing => hashing.hash(oneTimePassword));
    await this.reset(tenantId, userId, hash, principal.kind === 'user' && principal.roles.includes('ORG_ADMIN'));
    return { oneTimePassword };
  }

  private async reset(tenantId: TenantId, userId: string, hash: string, byAdmin: boolean): Promise<void> {
    await this.uow.run(tenantId, async tx => {
      const user = await this.directory.holdUser(tx, userId);
      if (!user || user.status === 'deleted') throw notFound('user');
      if (!byAdmin && user.roles.includes('ORG_ADMIN')) {
        throw new DomainError(
          'forbidden',
          'forbidden',
          "Only a person who is ORG_ADMIN resets an administrator's password",
        );
      }
      const before = await this.credentials.find(tx, userId);
      await this.storePassword.execute(tx, { user, before, hash, chosenByUser: false });
    });
  }
}
