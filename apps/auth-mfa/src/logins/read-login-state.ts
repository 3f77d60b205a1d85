import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { readOpaqueSecret } from '../tokens/opaque-secret.js';
import { AdvanceLogin } from './advance-login.js';
import type { LoginStateView } from './login.schema.js';
import { OpenLogin } from './open-login.js';

/** What a login owes now. A poll may find that nothing is due any more: the login is then DONE, with tokens, once. */
@Injectable()
export class ReadLoginState {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly openLogin: OpenLogin,
    private readonly advanceLogin: AdvanceLogin,
  ) {}

  /** @throws DomainError 401 `invalid_transaction` */
  execute(transaction: string): Promise<LoginStateView> {
    const { tenantId, sha256 } = readOpaqueSecret(transaction);
    return this.uow.run(tenantId, async tx =>
      this.advanceLogin.execute(tx, transaction, await this.openLogin.execute(tx, sha256)),
    );
  }
}
