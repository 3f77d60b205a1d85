import { DeliveryFailed } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { DispatcherMetrics } from '../dispatch/dispatcher-metrics.js';

const BATCH = 500;

interface Expired {
  tenant_id: TenantId;
  id: string;
  endpoint_id: string;
  hook: string;
  user_id: string | null;
  attempts: number;
  state: string;
  cause: string;
}

/**
 * Gives up deliveries whose time is over while something kept them from being sent: an open breaker, an endpoint that is
 * switched off (those are discarded), a token that could not be had.
 */
@Injectable()
export class ExpireDeliveries {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly metrics: DispatcherMetrics,
  ) {}

  /** @returns how many ended; at most 500 a call */
  async execute(): Promise<number> {
    const expired = await this.uow.system('expire deliveries', async tx => {
      const rows = await tx.query<Expired & Record<string, unknown>>(
        `with picked as (
           select d.tenant_id, d.id, coalesce(e.enabled, false) as enabled from delivery d
             left join webhook_endpoint e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id
            where d.expires_at < now() and d.claim_id is null order by d.expires_at limit ${BATCH} for update of d skip locked
         ), gone as (
           delete from delivery d using picked p where d.tenant_id = p.tenant_id and d.id = p.id
           returning d.*, case when p.enabled then 'failed' else 'discarded' end as state,
             case when p.enabled then 'it could not be sent in all the time that it had' else 'the endpoint stayed switched off' end as cause
         ), logged as (
           insert into delivery_log (tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts,
             finished_at, cause, awaited, verdict)
           select tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts, now(), cause, awaited,
             verdict from gone
         )
         select tenant_id, id, endpoint_id, hook, user_id, attempts, state, cause from gone`,
      );
      await this.outbox.addMany(
        tx,
        rows
          .filter(({ state }) => state === 'failed')
          .map(row => ({
            tenantId: row.tenant_id,
            event: DeliveryFailed,
            subject: row.id,
            data: {
              deliveryId: row.id,
              endpointId: row.endpoint_id,
              hook: row.hook,
              userId: row.user_id,
              attempts: row.attempts,
              reason: row.cause,
            },
          })),
      );
      return rows;
    });
    for (const { state } of expired) this.metrics.finished.inc({ state });
    return expired.length;
  }
}
