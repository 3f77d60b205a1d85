import { HOOK_CATALOG, type EventEnvelope, type HookDefinition, type HookTrigger } from '@countersign/contracts';
import { Inbox } from '@countersign/messaging';
import type { SystemTransaction } from '@countersign/persistence';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DeliveryQueueRepository, type NewDelivery, type NewEvent } from '../dispatch/delivery-queue.repository.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { SubscriptionRepository, type Subscription } from '../endpoints/subscription.repository.js';
import { hookBody, isEcho, jobOf, newDelivery, newEvent } from './new-delivery.js';

interface Trigger {
  hook: HookDefinition;
  trigger: HookTrigger;
}

/** Hooks by the type of the event that they are made from. */
const TRIGGERS = Map.groupBy(
  [...HOOK_CATALOG.values()].flatMap(hook => (hook.events ?? []).map((trigger): Trigger => ({ hook, trigger }))),
  ({ trigger }) => trigger.event.type,
);

/**
 * Turns facts into deliveries: one row per endpoint that takes the hook, in the transaction that marks the events as handled,
 * so each exists exactly once. Rows are claimed as they are inserted, and their first attempts leave from memory.
 */
@Controller()
export class FanOutEventConsumer {
  constructor(
    private readonly inbox: Inbox,
    private readonly subscriptions: SubscriptionRepository,
    private readonly queue: DeliveryQueueRepository,
    private readonly dispatcher: Dispatcher,
  ) {}

  @EventPattern<string[]>([...TRIGGERS.keys()], { handler: 'fan-out', batch: true })
  async onEvents(@Payload() events: EventEnvelope[]): Promise<void> {
    await this.inbox.onceBatch('fan-out', events, (tx, fresh) => this.fanOut(tx, fresh));
  }

  private async fanOut(tx: SystemTransaction, envelopes: readonly EventEnvelope[]): Promise<void> {
    const made = envelopes.flatMap(envelope => hooksOf(envelope).map(event => ({ event, envelope })));
    if (made.length === 0) return;
    const tenants = [...new Set(made.map(({ event }) => event.tenantId))];
    const subscriptions = Map.groupBy(
      await this.subscriptions.notified(tx, tenants, [...new Set(made.map(({ event }) => event.hook))]),
      ({ tenantId, hook }) => `${tenantId} ${hook}`,
    );
    const wanted = made.flatMap(({ event, envelope }) =>
      (subscriptions.get(`${event.tenantId} ${event.hook}`) ?? [])
        .filter(subscription => !isEcho(envelope.actor, subscription))
        .map(subscription => ({ event, subscription })),
    );
    await this.insert(tx, wanted);
  }

  private async insert(
    tx: SystemTransaction,
    wanted: readonly { event: NewEvent; subscription: Subscription }[],
  ): Promise<void> {
    const { claimId } = this.dispatcher;
    const mayClaim = this.claimRule();
    const deliveries = wanted.map(({ event, subscription }) => ({
      event,
      delivery: newDelivery(event, subscription, 'notify', { claim: mayClaim(subscription.endpointId, event.userId) }),
    }));
    await this.queue.insertEvents(tx, [...new Set(wanted.map(({ event }) => event))]);
    const claimed = await this.queue.insertDeliveries(
      tx,
      claimId,
      deliveries.map(({ delivery }) => delivery),
    );
    const jobs = deliveries
      .filter(({ delivery }) => claimed.has(delivery.id))
      .map(({ delivery, event }) => jobOf(delivery, event));
    tx.afterCommit(() => this.dispatcher.submitNew(jobs));
  }

  /** Claims what there is room for; once one of a lane is left to the queue, those after it are too. */
  private claimRule(): (endpointId: string, userId: NewDelivery['userId']) => boolean {
    const room = new Map<string, number>();
    const left = new Set<string>();
    return (endpointId, userId) => {
      const lane = `${endpointId} ${userId}`;
      const free = room.get(endpointId) ?? this.dispatcher.room(endpointId);
      if (free <= 0 || left.has(lane)) {
        room.set(endpointId, free);
        left.add(lane);
        return false;
      }
      room.set(endpointId, free - 1);
      return true;
    };
  }
}

function hooksOf(envelope: EventEnvelope): NewEvent[] {
  const data = envelope.data as never;
  return (TRIGGERS.get(envelope.type) ?? [])
    .filter(({ trigger }) => trigger.when?.(data) ?? true)
    .map(({ hook, trigger }) =>
      newEvent({
        tenantId: envelope.tenantId,
        sourceEventId: envelope.id,
        hook: hook.hook,
        userId: envelope.subject,
        body: hookBody(trigger.request(data)),
        traceparent: envelope.traceparent,
      }),
    );
}
