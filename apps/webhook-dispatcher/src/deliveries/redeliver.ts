import type { Clock } from '@countersign/kernel';
import { DomainError, notFound } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { EndpointRepository } from '../endpoints/endpoint.repository.js';
import { DeliveryLogRepository, type DeliveryRow } from './delivery-log.repository.js';
import { momentOf } from './new-delivery.js';
import { lifeSeconds } from './retry-schedule.js';

@Injectable()
export class Redeliver {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly log: DeliveryLogRepository,
    private readonly endpoints: EndpointRepository,
    private readonly outbox: Outbox,
    private readonly dispatcher: Dispatcher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Sends a delivery again under its id: one that is over begins its schedule anew, one that waits is due now.
   * @throws DomainError 404; 409 `awaited_not_redeliverable`, `endpoint_deleted`, `endpoint_disabled`
   */
  async execute(principal: Principal, id: string): Promise<DeliveryRow> {
    const createdAt = momentOf(id);
    if (!createdAt) throw notFound('delivery');
    const row = await this.uow.run(principal.tenantId, async tx => {
      const key = { id, createdAt };
      const before = await this.log.find(tx, key);
      if (!before) throw notFound('delivery');
      if (before.awaited && before.finishedAt) {
        throw new DomainError(
          'awaited_not_redeliverable',
          'conflict',
          'An awaited call was answered or given up while its caller waited; it cannot be sent again',
        );
      }
      const endpoint = await this.endpoints.find(tx, before.endpointId);
      if (!endpoint) throw new DomainError('endpoint_deleted', 'conflict', 'The endpoint of this delivery was deleted');
      if (!endpoint.enabled)
        throw new DomainError('endpoint_disabled', 'conflict', 'The endpoint is switched off; switch it on first');
      if (before.finishedAt) {
        const life = lifeSeconds(endpoint.retrySchedule) * 1000;
        await this.log.requeue(tx, key, new Date(this.clock.now().getTime() + life));
      } else await this.log.hurry(tx, id);
      await recordAudit(this.outbox, tx, { action: 'delivery.redelivered', target: { type: 'delivery', id } });
      return (await this.log.find(tx, key))!;
    });
    this.dispatcher.wakeUp();
    return row;
  }
}
