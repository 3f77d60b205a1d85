import type { EventEnvelope } from '@countersign/contracts';
import { childTraceparent, runInContext } from '@countersign/kernel';
import type { MessagingMetrics } from '../metrics/messaging-metrics.js';
import type { BusRecord } from '../port/bus-driver.js';
import type { EventHandler } from './event-handlers.js';
import { classify } from './retry-policy.js';

/** An event with the record that carried it. */
export interface Received {
  readonly event: EventEnvelope;
  readonly record: BusRecord;
}

/** A single try. @throws whatever the handler throws */
export async function callHandler(
  metrics: Pick<MessagingMetrics, 'processing'>,
  handler: EventHandler,
  received: readonly Received[],
  attempt: number,
): Promise<void> {
  const events = received.map(({ event }) => event);
  const records = received.map(({ record }) => record);
  const end = metrics.processing.startTimer({ handler: handler.handler });
  try {
    await inContextOf(events, () => handler.invoke(handler.batch ? events : events[0]!, records, attempt));
    end({ outcome: 'ok' });
  } catch (error) {
    end({ outcome: classify(error) });
    throw error;
  }
}

/** Runs work as the consequence of the events: one event's trace, tenant and actor; a new trace where there are several. */
function inContextOf<T>(events: readonly EventEnvelope[], work: () => T): T {
  const [event] = events;
  if (!event || events.length > 1) return runInContext({ traceparent: childTraceparent() }, work);
  return runInContext(
    {
      traceparent: childTraceparent(event.traceparent),
      tenantId: event.tenantId,
      actor: event.actor,
      correlationId: event.correlationId,
      causationId: event.id,
    },
    work,
  );
}
