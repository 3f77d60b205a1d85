import { EVENT_CATALOG, type EventDefinition, type EventEnvelope } from '@countersign/contracts';
import { isTenantId, type Actor } from '@countersign/kernel';
import { z } from 'zod';
import { UnparseableEvent } from './unparseable-event.js';

/** Headers of a record: CloudEvents 1.0 attributes under `ce_`, trace context under its own W3C name. */
export type Headers = Record<string, string>;

const CONTENT_TYPE = 'application/json';

const actorSchema = z.object({
  type: z.enum(['user', 'endpoint', 'api_key', 'operator', 'service', 'system']),
  id: z.string(),
  delegateeId: z.string().optional(),
}) satisfies z.ZodType<Actor>;

const attributesSchema = z.object({
  ce_specversion: z.literal('1.0'),
  ce_id: z.uuid(),
  ce_type: z.string().min(1),
  ce_dataversion: z.coerce.number().int().min(1),
  ce_source: z.string().min(1),
  ce_time: z.iso.datetime(),
  ce_tenantid: z.string().refine(isTenantId, 'not a tenant slug'),
  ce_subject: z.string().min(1),
  ce_correlationid: z.string().min(1),
  ce_causationid: z.string().optional(),
  ce_actor: z.string(),
  traceparent: z.string(),
});

/**
 * CloudEvents 1.0 in binary mode (Kafka protocol binding): every attribute a `ce_` header, the data the value as it is.
 * Source: github.com/cloudevents/spec, bindings/kafka-protocol-binding.md; extension names are lower-case alphanumeric.
 */
export function encodeHeaders(event: Omit<EventEnvelope, 'data'>): Headers {
  return {
    'content-type': CONTENT_TYPE,
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_dataversion: String(event.version),
    ce_source: event.source,
    ce_time: event.time,
    ce_tenantid: event.tenantId,
    ce_subject: event.subject,
    ce_partitionkey: `${event.tenantId}/${event.subject}`,
    ce_correlationid: event.correlationId,
    ...(event.causationId ? { ce_causationid: event.causationId } : {}),
    ce_actor: JSON.stringify(event.actor),
    traceparent: event.traceparent,
  };
}

/**
 * The event of a record, its data checked against the event's schema.
 * @throws UnparseableEvent when headers, JSON or data are not what the contract says; no retry can mend that
 */
export function decodeEvent(
  headers: Headers,
  value: Buffer | null,
  catalog: ReadonlyMap<string, EventDefinition> = EVENT_CATALOG,
): EventEnvelope {
  const attributes = check(attributesSchema, headers, 'headers');
  const definition = catalog.get(attributes.ce_type);
  if (!definition) throw new UnparseableEvent(`no event of type ${attributes.ce_type} is defined`);
  const envelope: EventEnvelope = {
    id: attributes.ce_id,
    type: attributes.ce_type,
    version: attributes.ce_dataversion,
    source: attributes.ce_source,
    time: attributes.ce_time,
    tenantId: attributes.ce_tenantid,
    subject: attributes.ce_subject,
    traceparent: attributes.traceparent,
    correlationId: attributes.ce_correlationid,
    actor: check(actorSchema, json(attributes.ce_actor, 'ce_actor'), 'ce_actor'),
    data: check(definition.schema, json(text(value), 'the value'), 'data'),
  };
  if (attributes.ce_causationid) envelope.causationId = attributes.ce_causationid;
  return envelope;
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.slice(0, 5).map(issue => `/${issue.path.join('/')}: ${issue.message}`);
  throw new UnparseableEvent(`${what} ${where.join('; ')}`);
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnparseableEvent(`${what} is not JSON`);
  }
}

function text(value: Buffer | null): string {
  if (!value) throw new UnparseableEvent('the record has no value');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    throw new UnparseableEvent('the value is not UTF-8');
  }
}
