import { HOOK_CATALOG, type announceHookSchema, type HookDefinition } from '@countersign/contracts';
import { childTraceparent, currentContext, DomainError, type TenantId } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { hookBody, isEcho, jobOf, newDelivery, newEvent } from '../deliveries/new-delivery.js';
import { DeliveryQueueRepository, type NewEvent } from '../dispatch/delivery-queue.repository.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { timeoutOf } from '../endpoints/endpoint.js';
import type { Job } from '../dispatch/job.js';
import { SubscriptionRepository, type Subscription } from '../endpoints/subscription.repository.js';
import { Bulkhead } from './bulkhead.js';

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
    private readonly bulkhead: Bulkhead,
  ) {}

  /** @returns the ids of the deliveries. @throws DomainError 422 `unknown_hook`; 503 `overloaded`, with nothing kept */
  async execute(tenantId: TenantId, announce: z.output<typeof announceHookSchema>): Promise<string[]> {
    const hook = HOOK_CATALOG.get(announce.hook);
    if (!hook?.announced)
      throw new DomainError('unknown_hook', 'invalid', `${announce.hook} is no hook that is announced`);
    const context = currentContext();
    const receivers = (await this.uow.run(tenantId, tx => this.subscriptions.ofHooks(tx, [hook.hook]))).filter(
      subscription => subscription.mode === 'notify' && subscription.enabled && !isEcho(context?.actor, subscription),
    );
    if (receivers.length === 0) return [];
    // Loads the endpoints, and with them the breakers that other replicas know; not while a transaction is open.
    await Promise.all(receivers.map(({ endpointId, version }) => this.directory.get(tenantId, endpointId, version)));
    const event = newEvent({
      tenantId,
      sourceEventId: null,
      hook: hook.hook,
      userId: announce.userId,
      body: hookBody(announce.request),
      traceparent: context?.traceparent ?? childTraceparent(),
    });
    return this.bulkhead.run(tenantId, async () => {
      const kept = await this.uow.run(tenantId, tx => this.keep(tx, hook, event, receivers));
      await Promise.all(
        kept.filter(({ start }) => start).map(({ job, boundMs }) => within(boundMs, this.dispatcher.startNow(job))),
      );
      return kept.map(({ job }) => job.id);
    });
  }

  private async keep(
    tx: TenantTransaction,
    hook: HookDefinition,
    event: NewEvent,
    receivers: readonly Subscription[],
  ): Promise<{ job: Job; boundMs: number; start: boolean }[]> {
    const now = Date.now();
    const deliveries = receivers.map(subscription => {
      const claim = this.gates.phase(subscription.endpointId, now) === 'closed';
      return {
        delivery: newDelivery(event, subscription, 'announce', { claim, waitsForNothing: true }),
        boundMs: Math.min(timeoutOf(hook, subscription), ANNOUNCE_BOUND_MS),
      };
    });
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
