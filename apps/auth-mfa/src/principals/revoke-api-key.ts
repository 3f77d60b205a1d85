import { DomainError, notFound, type Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** Revokes an API key: it is exchanged no more, and the tokens that it was exchanged for are void within 2 s. */
@Injectable()
export class RevokeApiKey {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly apiKeys: ApiKeyRepository,
    private readonly revokeTokens: RevokeTokens,
  ) {}

  /** @throws DomainError 404, 403 `people_only` */
  async execute(principal: Principal, id: string): Promise<void> {
    if (principal.kind !== 'user') {
      throw new DomainError('people_only', 'forbidden', 'Only a person revokes API keys');
    }
    await this.uow.run(principal.tenantId, async tx => {
      const revoked = await this.apiKeys.revoke(tx, id, this.clock.now());
      if (!revoked) throw notFound('API key');
      await this.revokeTokens.execute(tx, { kind: 'user', subjects: [id] });
      await recordAudit(this.outbox, tx, { action: 'api_key.revoked', target: { type: 'api_key', id } });
    });
  }
}
