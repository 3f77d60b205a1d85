import type { EndpointTokenRequest, IssuedToken, Role } from '@countersign/contracts';
import { DomainError, newId, notFound, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { IssueAccessToken } from '../tokens/issue-access-token.js';
import { ENDPOINT_TOKEN_SECONDS_MAX } from '../tokens/token-lives.js';
import { EndpointPrincipalRepository, type EndpointPrincipal } from './endpoint-principal.repository.js';

/**
 * Gives a webhook endpoint the token that its calls carry: of a service principal of its own, made on first use. Other
 * roles than before void the tokens that are out.
 */
@Injectable()
export class IssueEndpointToken {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly principals: EndpointPrincipalRepository,
    private readonly directory: DirectoryRepository,
    private readonly revokeTokens: RevokeTokens,
    private readonly issueAccessToken: IssueAccessToken,
  ) {}

  /** @throws DomainError 404 for a deleted endpoint, 403 `tenant_disabled` */
  execute(tenantId: TenantId, { endpointId, roles, ttlSeconds }: EndpointTokenRequest): Promise<IssuedToken> {
    return this.uow.run(tenantId, async tx => {
      const principal = await this.principalOf(tx, endpointId, roles);
      if (principal.deletedAt) throw notFound('webhook endpoint');
      if ((await this.directory.holdTenantStatus(tx)) === 'disabled') {
        throw new DomainError('tenant_disabled', 'forbidden', 'The tenant is disabled');
      }
      const issued = await this.issueAccessToken.execute(
        tx,
        {
          sub: `webhook:${endpointId}`,
          userId: principal.principalId,
          roles,
          sessionId: principal.principalId,
          firstLogin: false,
          amr: ['svc'],
          acr: 'svc',
        },
        ttlSeconds,
      );
      return { accessToken: issued.accessToken, expiresAt: issued.expiresAt.toISOString() };
    });
  }

  private async principalOf(tx: TenantTransaction, endpointId: string, roles: Role[]): Promise<EndpointPrincipal> {
    const now = this.clock.now();
    const made = await this.principals.insert(tx, { endpointId, principalId: newId('usr'), roles }, now);
    const principal = (await this.principals.hold(tx, endpointId))!;
    if (made) {
      await this.audit(tx, 'endpoint_principal.created', endpointId, undefined, roles);
    } else if (!principal.deletedAt && !sameRoles(principal.roles, roles)) {
      await this.principals.setRoles(tx, endpointId, roles, now);
      await this.revokeTokens.execute(tx, {
        kind: 'user',
        subjects: [principal.principalId],
        code: 'token_stale',
        longestLife: ENDPOINT_TOKEN_SECONDS_MAX,
      });
      await this.audit(tx, 'endpoint_principal.updated', endpointId, principal.roles, roles);
    }
    return principal;
  }

  private audit(tx: TenantTransaction, action: string, endpointId: string, before: Role[] | undefined, after: Role[]) {
    return recordAudit(this.outbox, tx, {
      action,
      target: { type: 'webhook_endpoint', id: endpointId },
      changes: { roles: { before, after } },
    });
  }
}

function sameRoles(one: readonly Role[], other: readonly Role[]): boolean {
  return [...new Set(one)].sort().join() === [...new Set(other)].sort().join();
}
