import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { EndpointTokens } from '../tokens/endpoint-tokens.js';
import { EndpointRepository } from './endpoint.repository.js';

/**
 * Brings the endpoint's principal at auth-mfa in line with the endpoint: new roles void older tokens, a deleted endpoint's are
 * revoked and its row goes. Safe to repeat; a sweep repeats what did not succeed.
 */
@Injectable()
export class SyncPrincipal {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly tokens: EndpointTokens,
  ) {}

  /** @throws DomainError `unavailable` when auth-mfa cannot be reached */
  async execute(tenantId: TenantId, id: string): Promise<void> {
    const state = await this.uow.run(tenantId, tx => this.endpoints.principalSync(tx, id));
    if (state === 'revoke') {
      await this.tokens.revoke(tenantId, id);
      await this.uow.run(tenantId, tx => this.endpoints.remove(tx, id));
    } else if (state === 'refresh') {
      const endpoint = await this.uow.run(tenantId, tx => this.endpoints.find(tx, id));
      if (!endpoint) return;
      await this.tokens.update(endpoint);
      await this.uow.run(tenantId, tx => this.endpoints.principalDone(tx, id, endpoint.version));
    }
  }

  /**
   * Repeats what is still to be told, of all tenants; revocations first. One that is refused keeps no other from its turn.
   * @throws AggregateError when some could not be told
   */
  async sweep(): Promise<void> {
    const open = await this.uow.system('endpoint principals', tx =>
      tx.query<{ tenant_id: TenantId; id: string }>(
        `select tenant_id, id from webhook_endpoint where principal_sync <> 'done' and updated_at < now() - interval '5 seconds'
          order by principal_sync = 'revoke' desc, random() limit 100`,
      ),
    );
    const failures: unknown[] = [];
    for (const { tenant_id, id } of open)
      await this.execute(tenant_id, id).catch((error: unknown) => failures.push(error));
    if (failures.length > 0)
      throw new AggregateError(failures, `auth-mfa was not told of ${failures.length} of ${open.length} endpoints`);
  }
}
