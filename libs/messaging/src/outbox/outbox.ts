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
  /** The trace that it belongs to, where that is neither the cause's nor the context's. */
  traceparent?: string;
}

/** One event to add. */
export interface Addition {
  tenantId: TenantId;
  event: EventDefinition;
  subject: string;
  data: unknown;
  options?: AddOptions;
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
    const [id] = await this.addMany(tx, [{ tenantId, event, subject, data, options }]);
    return id!;
  }

  /**
   * Adds events of several tenants in their order, in one statement: for work that ends in batches.
   * @returns their ids, in the same order
   */
  async addMany(tx: Transaction, additions: readonly Addition[]): Promise<string[]> {
    if (additions.length === 0) return [];
    const rows = additions.map(({ tenantId, event, subject, data, options = {} }) => {
      const envelope = this.describe(tenantId, event, subject, options);
      return {
        tenantId,
        event,
        key: `${tenantId}/${subject}`,
        headers: encodeHeaders(envelope),
        payload: JSON.stringify(event.schema.parse(data)),
        id: envelope.id,
      };
    });
    await tx.prepared(
      `insert into outbox (tenant_id, topic, part, key, headers, payload)
       select t, o, p, k, h, y
         from rows from (unnest($1::text[], $2::text[], $3::int[], $4::text[]), jsonb_array_elements($5), jsonb_array_elements_text($6))
         with ordinality as given(t, o, p, k, h, y, n) order by n`,
      [
        rows.map(row => row.tenantId),
        rows.map(row => row.event.topic),
        rows.map(row => partitionOf(row.key, PARTITIONS)),
        rows.map(row => row.key),
        // One text each: in an array of texts every quote would have to be escaped.
        JSON.stringify(rows.map(row => row.headers)),
        JSON.stringify(rows.map(row => row.payload)),
      ],
    );
    if (!woken.has(tx)) {
      woken.add(tx);
      tx.afterCommit(this.options.onCommitted);
    }
    return rows.map(row => row.id);
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
      traceparent: options.traceparent ?? cause?.traceparent ?? context?.traceparent ?? childTraceparent(),
      correlationId: cause?.correlationId ?? context?.correlationId ?? id,
      causationId: cause?.id ?? context?.causationId,
      actor: options.actor ?? cause?.actor ?? context?.actor ?? SYSTEM,
    };
  }
}
