import type { Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CredentialRepository } from '../credentials/credential.repository.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import type { LoginUnderWay } from './advance-login.js';
import { LoginTransactionRepository } from './login-transaction.repository.js';
import { invalidTransaction } from './login.errors.js';

/**
 * Holds a login under way, then its user, and sees that neither was overtaken by a parallel call, a disabling or another
 * password.
 */
@Injectable()
export class OpenLogin {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly logins: LoginTransactionRepository,
    private readonly directory: DirectoryRepository,
    private readonly credentials: CredentialRepository,
  ) {}

  /** @throws DomainError 401 `invalid_transaction` */
  async execute(tx: TenantTransaction, secretSha256: Buffer): Promise<LoginUnderWay> {
    const login = await this.logins.holdOpen(tx, secretSha256, this.clock.now());
    if (!login) throw invalidTransaction();
    const user = await this.directory.holdUser(tx, login.userId);
    const credential = await this.credentials.find(tx, login.userId);
    const tenantStatus = await this.directory.holdTenantStatus(tx);
    if (
      user?.status !== 'active' ||
      tenantStatus === 'disabled' ||
      !credential ||
      credential.version !== login.credentialVersion
    ) {
      throw invalidTransaction();
    }
    return { login, user, credential };
  }
}
