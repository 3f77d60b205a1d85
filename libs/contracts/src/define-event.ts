import type { Actor, TenantId } from '@countersign/kernel';
import { z } from 'zod';

/** One event of the platform as one value: everything that producers, consumers, topics and tenants need to know of it. */
export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** `<aggregate>.<past_tense>`. */
  readonly type: Type;
  /** Raised only by a change that is not additive; both versions are then published side by side. */
  readonly version: number;
  readonly schema: Schema;
  readonly topic: Topic;
  /** Whether tenants may see it. */
  readonly public: boolean;
}

export type EventData<E extends EventDefinition> = z.output<E['schema']>;

/** CloudEvents 1.0 attributes with the platform's extensions; on the bus in binary mode (`ce_*` headers, data as the value). */
export interface EventEnvelope<D = unknown> {
  /** UUIDv7, made when the outbox row is written; the inbox's key. */
  id: string;
  type: string;
  version: number;
  /** The service that made it. */
  source: string;
  /** RFC 3339, UTC. */
  time: string;
  tenantId: TenantId;
  /** The aggregate's id; `tenantId/subject` is the key, so one aggregate's events stay in order. */
  subject: string;
  /** W3C trace context. */
  traceparent: string;
  correlationId: string;
  causationId?: string;
  actor: Actor;
  data: D;
}

/** Every topic, one per aggregate. Their number of partitions (12) never changes: keys would move. */
export const TOPICS = [
  'iam.tenant.events.v1',
  'iam.user.events.v1',
  'iam.group.events.v1',
  'iam.account.events.v1',
  'iam.workflow.events.v1',
  'iam.mfa.events.v1',
  'iam.delivery.events.v1',
  'iam.audit.events.v1',
  'iam.notification.commands.v1',
] as const;
export type Topic = (typeof TOPICS)[number];
export const PARTITIONS = 12;

export function defineEvent<Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
): EventDefinition<Type, Schema> {
  return Object.freeze(definition);
}
