import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { checkIfMatch, recordAudit, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { DeliveryLogRepository } from '../deliveries/delivery-log.repository.js';
import { endpointChanges } from './endpoint-changes.js';
import { EndpointChanged } from './endpoint-changed.js';
import { endpointNotFound } from './endpoint.errors.js';
import { EndpointRepository } from './endpoint.repository.js';

@Injectable()
export class DeleteEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly log: DeliveryLogRepository,
    private readonly outbox: Outbox,
    private readonly changed: EndpointChanged,
  ) {}

  /**
   * Deletes the endpoint; what waits for it is discarded, its principal's tokens are revoked.
   * @throws DomainError 404; 412
   */
  async execute(principal: Principal, id: string, ifMatch?: string): Promise<void> {
    await this.uow.run(principal.tenantId, async tx => {
      const before = await this.endpoints.find(tx, id, true);
      if (!before) throw endpointNotFound();
      checkIfMatch(ifMatch, before.version);
      await this.endpoints.markDeleted(tx, id);
      await this.log.discardWaiting(tx, id, 'the endpoint was deleted');
      await recordAudit(this.outbox, tx, {
        action: 'webhook_endpoint.deleted',
        target: { type: 'webhook_endpoint', id },
        changes: endpointChanges(before, undefined),
      });
    });
    await this.changed.execute({ tenantId: principal.tenantId, id }, true);
  }
}
