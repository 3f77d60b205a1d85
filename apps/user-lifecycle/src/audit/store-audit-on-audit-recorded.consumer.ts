import { AuditRecorded, type EventData, type EventEnvelope } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { AuditRepository } from './audit.repository.js';

type AuditEvent = EventEnvelope<EventData<typeof AuditRecorded>>;

/**
 * Keeps every service's audit facts in the tenant's log, one transaction per tenant of a batch. The fact's own id makes a
 * second delivery add nothing, so no inbox row is needed for it.
 */
@Controller()
export class StoreAuditConsumer {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly audit: AuditRepository,
  ) {}

  @EventPattern<string>(AuditRecorded.type, { handler: 'store-audit', batch: true })
  async onAuditRecorded(@Payload() events: AuditEvent[]): Promise<void> {
    const byTenant = new Map<TenantId, AuditEvent[]>();
    for (const event of events) byTenant.set(event.tenantId, [...(byTenant.get(event.tenantId) ?? []), event]);
    for (const [tenantId, own] of byTenant) {
      await this.uow.run(tenantId, tx =>
        this.audit.addAll(
          tx,
          own.map(event => event.data),
        ),
      );
    }
  }
}
