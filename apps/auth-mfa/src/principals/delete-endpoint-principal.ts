import { newId, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { ENDPOINT_TOKEN_SECONDS_MAX } from '../tokens/token-lives.js';
import { EndpointPrincipalRepository } from './endpoint-principal.repository.js';

/** The endpoint is gone: its tokens are void, and no more are given. Safe to repeat, and to come before the first token. */
@Injectable()
export class DeleteEndpointPrincipal {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly principals: EndpointPrincipalRepository,
    private readonly revokeTokens: RevokeTokens,
  ) {}

  async execute(tenantId: TenantId, endpointId: string): Promise<void> {
    await this.uow.run(tenantId, async tx => {
      const now = this.clock.now();
      // A request for a token that is still under way must find the end, not make the principal.
      const principalId = newId('usr');
      if (await this.principals.insert(tx, { endpointId, principalId, roles: [], deletedAt: now }, now)) return;
      const principal = await this.principals.hold(tx, endpointId);
      if (!principal || principal.deletedAt) return;
      await this.principals.markDeleted(tx, endpointId, now);
      await this.revokeTokens.execute(tx, {
        kind: 'user',
        subjects: [principal.principalId],
        longestLife: ENDPOINT_TOKEN_SECONDS_MAX,
      });
      await recordAudit(this.outbox, tx, {
        action: 'endpoint_principal.deleted',
        target: { type: 'webhook_endpoint', id: endpointId },
      });
    });
  }
}
