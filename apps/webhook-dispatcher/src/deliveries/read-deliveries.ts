import type { Clock, TenantId } from '@countersign/kernel';
import { notFound } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import { EndpointRepository } from '../endpoints/endpoint.repository.js';
import { AwaitedRecords } from '../hooks/awaited-records.js';
import type { DeliveryCondition } from './delivery-filter.js';
import { DeliveryLogRepository, type DeliveryKey, type DeliveryPage } from './delivery-log.repository.js';
import { deliveryReason } from './delivery-reason.js';
import type { ShownDeliveryDetail } from './delivery.schema.js';
import { momentOf } from './new-delivery.js';
import { showAttempt, showDelivery } from './show-delivery.js';

@Injectable()
export class ReadDeliveries {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly log: DeliveryLogRepository,
    private readonly endpoints: EndpointRepository,
    private readonly breakers: BreakerRepository,
    private readonly awaited: AwaitedRecords,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Newest first. What was answered before is in it, also what is being written. */
  async page(
    tenantId: TenantId,
    conditions: readonly DeliveryCondition[],
    limit: number,
    before?: DeliveryKey,
  ): Promise<DeliveryPage> {
    await this.awaited.settled();
    return this.uow.run(tenantId, tx => this.log.list(tx, conditions, limit, before));
  }

  /** @throws DomainError 404 */
  async one(tenantId: TenantId, id: string): Promise<ShownDeliveryDetail> {
    const createdAt = momentOf(id);
    if (!createdAt) throw notFound('delivery');
    await this.awaited.settled();
    return this.uow.run(tenantId, async tx => {
      const key = { id, createdAt };
      const row = await this.log.find(tx, key);
      if (!row) throw notFound('delivery');
      const attempts = await this.log.attempts(tx, key);
      const body = (await this.log.body(tx, row)) ?? null;
      const endpoint = await this.endpoints.find(tx, row.endpointId);
      const openUntil = (await this.breakers.find(tx, [row.endpointId])).get(row.endpointId)?.openUntil;
      const last = attempts.at(-1);
      const reason = deliveryReason({
        ...row,
        changed: (row.patch ?? []).map(({ path }) => path),
        lastAttempt: last && { status: last.status, error: last.error, at: last.startedAt },
        endpoint: {
          exists: endpoint !== undefined,
          enabled: endpoint?.enabled ?? false,
          breakerOpenUntil: openUntil ? new Date(openUntil) : null,
        },
        now: this.clock.now(),
      });
      return { ...showDelivery(row), reason, attempts: attempts.map(attempt => showAttempt(attempt, body)) };
    });
  }
}
