import { newId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { newSigningSecret } from '../signing/standard-webhooks.js';
import { CheckEndpoint } from './check-endpoint.js';
import { endpointChanges } from './endpoint-changes.js';
import { onlyPeople, rethrowAnsweringConflict } from './endpoint.errors.js';
import { EndpointRepository, type NewEndpoint } from './endpoint.repository.js';
import type { EndpointSettings } from './endpoint.schema.js';
import type { Endpoint } from './endpoint.js';

@Injectable()
export class CreateEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly check: CheckEndpoint,
    private readonly outbox: Outbox,
  ) {}

  /**
   * @returns the endpoint and its signing secret, which is shown this once
   * @throws DomainError 403; 409 `hook_already_answered`; 422 naming each refused field
   */
  async execute(principal: Principal, settings: EndpointSettings): Promise<{ endpoint: Endpoint; secret: string }> {
    onlyPeople(principal, 'create an endpoint');
    const endpoint: NewEndpoint = {
      id: newId('ep'),
      name: settings.name,
      url: settings.url,
      enabled: settings.enabled,
      disabledReason: null,
      hooks: this.check.execute(settings, principal),
      headers: settings.headers,
      auth: settings.auth,
      token: settings.token,
      caBundle: settings.caBundle,
      echo: settings.echo,
      ordered: settings.ordered,
      retrySchedule: settings.retry?.schedule ?? null,
      rateLimit: settings.rateLimit,
      maxConcurrency: settings.maxConcurrency,
    };
    const secret = newSigningSecret();
    const saved = await this.uow
      .run(principal.tenantId, async tx => {
        await this.endpoints.insert(tx, endpoint);
        await this.endpoints.addSecret(tx, endpoint.id, secret);
        await recordAudit(this.outbox, tx, {
          action: 'webhook_endpoint.created',
          target: { type: 'webhook_endpoint', id: endpoint.id },
          changes: endpointChanges(undefined, endpoint),
        });
        return this.endpoints.find(tx, endpoint.id);
      })
      .catch(rethrowAnsweringConflict);
    return { endpoint: saved!, secret };
  }
}
