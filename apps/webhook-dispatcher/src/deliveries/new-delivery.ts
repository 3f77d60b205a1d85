import { newId } from '@countersign/kernel';
import type { NewDelivery, NewEvent } from '../dispatch/delivery-queue.repository.js';
import { toJob, type DeliveryMode, type Job } from '../dispatch/job.js';
import type { Subscription } from '../endpoints/subscription.repository.js';
import { lifeSeconds } from './retry-schedule.js';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * The moment in an id (UUIDv7 in base 32): the partition that its row lies in. So a delivery is found by its id alone, in one
 * partition.
 * @returns undefined for text that is no such id
 */
export function momentOf(id: string): Date | undefined {
  const text = id.slice(id.indexOf('_') + 1);
  if (text.length !== 26) return undefined;
  let value = 0n;
  for (const character of text) {
    const digit = CROCKFORD.indexOf(character);
    if (digit < 0) return undefined;
    value = (value << 5n) | BigInt(digit);
  }
  const moment = Number(value >> 80n);
  return moment < 2 ** 47 ? new Date(moment) : undefined;
}

/** An event row: its id decides the partition. */
export function newEvent(event: Omit<NewEvent, 'id' | 'createdAt'>): NewEvent {
  const id = newId('evt');
  return { ...event, id, createdAt: momentOf(id)! };
}

export function newDelivery(
  event: NewEvent,
  subscription: Pick<Subscription, 'endpointId' | 'ordered' | 'retrySchedule'>,
  mode: DeliveryMode,
  more: Partial<NewDelivery> = {},
): NewDelivery {
  const id = newId('dlv');
  const createdAt = momentOf(id)!;
  return {
    tenantId: event.tenantId,
    id,
    createdAt,
    endpointId: subscription.endpointId,
    eventId: event.id,
    eventAt: event.createdAt,
    hook: event.hook,
    mode,
    userId: event.userId,
    attempts: 0,
    waitMs: 0,
    expiresAt: new Date(createdAt.getTime() + lifeSeconds(subscription.retrySchedule) * 1000),
    awaited: false,
    verdict: null,
    claim: false,
    ordered: subscription.ordered,
    waitsForNothing: false,
    ...more,
  };
}

/** The job of a delivery that was inserted already claimed. */
export function jobOf(delivery: NewDelivery, event: NewEvent): Job {
  return toJob({
    tenantId: delivery.tenantId,
    id: delivery.id,
    createdAt: delivery.createdAt,
    endpointId: delivery.endpointId,
    eventId: delivery.eventId,
    hook: delivery.hook,
    mode: delivery.mode,
    userId: delivery.userId,
    body: event.body,
    traceparent: event.traceparent,
    attempts: delivery.attempts,
    attemptsBefore: 0,
    since: delivery.createdAt,
    ordered: delivery.ordered,
  });
}

/** Exactly the bytes of a hook's body: compact JSON of `{request: …}`. */
export function hookBody(request: unknown): string {
  return JSON.stringify({ request });
}

/** Whether a hook goes back to the endpoint whose own token caused the change; only where it asked for that. */
export function isEcho(
  actor: { type: string; id: string } | undefined,
  endpoint: { endpointId: string; echo: boolean },
): boolean {
  return !endpoint.echo && actor?.type === 'endpoint' && actor.id === endpoint.endpointId;
}
