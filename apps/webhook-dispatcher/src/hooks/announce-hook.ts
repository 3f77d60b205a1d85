import { HOOK_CATALOG, type announceHookSchema, type HookDefinition } from '@countersign/contracts';
import { childTraceparent, currentContext, DomainError, type TenantId } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { hookBody, isEcho, jobOf, newDelivery, newEvent } from '../deliveries/new-delivery.js';
import { DeliveryQueueRepository } from '../dispatch/delivery-queue.repository.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { timeoutOf } from '../endpoints/endpoint.js';
import { SubscriptionRepository } from '../endpoints/subscription.repository.js';

/** The caller waits so long at most, in milliseconds (webhooks.json, `modes.announce`). */
const ANNOUNCE_BOUND_MS = 2_000;

/**
 * Announces what is about to happen: the deliveries are kept first, their first attempts leave at once, and the caller goes on
 * when each was answered or has failed, or the bound is over. What failed is repeated durably.
 */
@Injectable()
export class AnnounceHook {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly queue: DeliveryQueueRepository,
    private readonly dispatcher: Dispatcher,
    private readonly gates: EndpointGates,
    private readonly directory: EndpointDirectory,
  ) {}

  /** @returns the ids of the deliveries. @throws DomainError 422 `unknown_hook` */
  async execute(tenantId: TenantId, announce: z.output<typeof announceHookSchema>): Promise<string[]> {
    const hook = HOOK_CATALOG.get(announce.hook);
    if (!hook?.announced)
      throw new DomainError('unknown_hook', 'invalid', `${announce.hook} is no hook that is announced`);
    const kept = await this.uow.run(tenantId, tx => this.keep(tx, hook, announce));
    await Promise.all(
      kept.filter(({ start }) => start).map(({ job, boundMs }) => within(boundMs, this.dispatcher.startNow(job))),
    );
    return kept.map(({ job }) => job.id);
  }

  private async keep(tx: TenantTransaction, hook: HookDefinition, announce: z.output<typeof announceHookSchema>) {
    const context = currentContext();
    const subscriptions = (await this.subscriptions.ofHook(tx, hook.hook)).filter(
      subscription => subscription.mode === 'notify' && subscription.enabled && !isEcho(context?.actor, subscription),
    );
    if (subscriptions.length === 0) return [];
    const event = newEvent({
      tenantId: tx.tenantId,
      sourceEventId: null,
      hook: hook.hook,
      userId: announce.userId,
      body: hookBody(announce.request),
      traceparent: context?.traceparent ?? childTraceparent(),
    });
    const deliveries = await Promise.all(
      subscriptions.map(async subscription => {
        // Loads the endpoint, and with it the breaker that other replicas know.
        await this.directory.get(tx.tenantId, subscription.endpointId, subscription.version);
        const start = this.gates.phase(subscription.endpointId, Date.now()) === 'closed';
        return {
          delivery: newDelivery(event, subscription, 'announce', { claim: start, waitsForNothing: true }),
          boundMs: Math.min(timeoutOf(hook, subscription), ANNOUNCE_BOUND_MS),
        };
      }),
    );
    await this.queue.insertEvents(tx, [event]);
    const claimed = await this.queue.insertDeliveries(
      tx,
      this.dispatcher.claimId,
      deliveries.map(({ delivery }) => delivery),
    );
    return deliveries.map(({ delivery, boundMs }) => ({
      job: jobOf(delivery, event),
      boundMs,
      start: claimed.has(delivery.id),
    }));
  }
}

/** Waits for the work, but not longer; the work goes on. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}
