import { z } from 'zod';
import { defineEvent } from '../define-event.js';

const schema = z.object({
  deliveryId: z.string(),
  endpointId: z.string(),
  hook: z.string(),
  userId: z.string().nullable(),
  attempts: z.number().int().min(0),
  reason: z.string().nullable(),
});
const topic = 'iam.delivery.events.v1' as const;

/** A delivery reached its end: the receiver answered 2xx. */
export const DeliverySucceeded = defineEvent({ type: 'delivery.succeeded', version: 1, schema, topic, public: false });
/** A delivery was given up after the end of its retry schedule. */
export const DeliveryFailed = defineEvent({ type: 'delivery.failed', version: 1, schema, topic, public: false });
/** An endpoint was switched off because its receiver answered 410 Gone. */
export const EndpointDisabled = defineEvent({
  type: 'webhook_endpoint.disabled',
  version: 1,
  schema: z.object({ endpointId: z.string(), reason: z.string() }),
  topic,
  public: false,
});
