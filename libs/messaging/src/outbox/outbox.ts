import type { EventDefinition, EventEnvelope } from '@countersign/contracts';
import { PARTITIONS } from '@countersign/contracts';
import { childTraceparent, currentContext, uuid7, type Actor, type TenantId } from '@countersign/kernel';
import type { TenantTransaction, Transaction } from '@countersign/persistence';
import type { z } from 'zod';
import { encodeHeaders } from '../envelope/envelope-codec.js';
import { partitionOf } from './partitioner.js';

export interface OutboxOptions {
  /** The service's name: the `source` of its events. */
  service: string;
  /** Called after the commit of a transaction that added events; wakes the relay. */
  onCommitted: () => void;
}

export interface AddOptions {
  /** The event whose handling brings this one about; used where several are handled at once, so that no context names one. */
  cause?: EventEnvelope;
  /** Who acts, where that is neither the context's nor the cause's actor. */
  actor?: Actor;
}

const SYSTEM: Actor = { type: 'system', id: 'system' };
const woken = new WeakSet<Transaction>();

/**
 * The only way to send an event: a row in the transaction of the change, so both happen or neither. The relay sends it
 * after the commit. One aggregate's events keep their order if they are added while its row is locked.
 */
export class Outbox {
  constructor(private readonly options: OutboxOptions) {}

  /**
   * Adds an event of the transaction's tenant. Actor, trace, correlation and causation come from the request context.
   * @param subject the aggregate's id
   * @returns the event's id (UUIDv7)
   * @throws ZodError when the data are not what the event's schema says: a defect of the caller
   */
  add<E extends EventDefinition>(
    tx: TenantTransaction,
    event: E,
    subject: string,
    data: z.input<E['schema']>,
    options: AddOptions = {},
  ): Promise<string> {
    return this.addFor(tx, tx.tenantId, event, subject, data, options);
  }

  /** Like `add`, in a transaction that is not bound to one tenant. */
  async addFor<E extends EventDefinition>(
    tx: Transaction,
    tenantId: TenantId,
    event: E,
    subject: string,
    data: z.input<E['schema']>,
    options: AddOptions = {},
  ): Promise<string> {
    const payload = JSON.stringify(event.schema.parse(data));
    const key = `${tenantId}/${subject}`;
    const envelope = this.describe(tenantId, event, subject, options);
    await tx.query(
      `insert into outbox (tenant_id, topic, part, key, headers, payload) values ($1, $2, $3, $4, $5::jsonb, $6)`,
      [tenantId, event.topic, partitionOf(key, PARTITIONS), key, JSON.stringify(encodeHeaders(envelope)), payload],
    );
    if (!woken.has(tx)) {
      woken.add(tx);
      tx.afterCommit(this.options.onCommitted);
    }
    return envelope.id;
  }

  private describe(
    tenantId: TenantId,
    event: EventDefinition,
    subject: string,
    options: AddOptions,
  ): Omit<EventEnvelope, 'data'> {
    const context = currentContext();
    const { cause } = options;
    const id = uuid7();
    return {
      id,
      type: event.type,
      version: event.version,
      source: this.options.service,
      time: new Date().toISOString(),
      tenantId,
      subject,
      traceparent: cause?.traceparent ?? context?.traceparent ?? childTraceparent(),
      correlationId: cause?.correlationId ?? context?.correlationId ?? id,
      causationId: cause?.id ?? context?.causationId,
      actor: options.actor ?? cause?.actor ?? context?.actor ?? SYSTEM,
    };
  }
}
