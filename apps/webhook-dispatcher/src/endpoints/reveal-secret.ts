import type { Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { endpointNotFound, onlyPeople, requireFreshAuthentication } from './endpoint.errors.js';
import { EndpointRepository } from './endpoint.repository.js';

@Injectable()
export class RevealSecret {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Shows the current signing secret again. @throws DomainError 401 `insufficient_user_authentication`; 403; 404 */
  async execute(principal: Principal, id: string): Promise<string> {
    onlyPeople(principal, 'read a secret');
    requireFreshAuthentication(principal, this.clock.now());
    return this.uow.run(principal.tenantId, async tx => {
      const endpoint = await this.endpoints.find(tx, id);
      if (!endpoint) throw endpointNotFound();
      await recordAudit(this.outbox, tx, {
        action: 'webhook_endpoint.secret_revealed',
        target: { type: 'webhook_endpoint', id },
      });
      return endpoint.secrets[0]!.value;
    });
  }
}
