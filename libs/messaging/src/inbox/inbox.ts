import type { EventEnvelope } from '@countersign/contracts';
import {
  retrySerialization,
  type SystemTransaction,
  type TenantTransaction,
  type Transaction,
  type UnitOfWork,
} from '@countersign/persistence';

/**
 * Makes the effect of an event happen exactly once for each handler: the row (handler, event id) is written in the
 * effect's own transaction, so a second delivery finds it and does nothing.
 */
export class Inbox {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * Runs `work` in a transaction of the event's tenant unless this handler has handled the event. `work` is repeated, from
   * the start, when the transaction lost a race (serialization failure, deadlock).
   * @returns whether it ran
   */
  once<D>(handler: string, event: EventEnvelope<D>, work: (tx: TenantTransaction) => Promise<void>): Promise<boolean> {
    return retrySerialization(() =>
      this.uow.run(event.tenantId, async tx => {
        const [fresh] = await tx.prepared(
          `insert into inbox (tenant_id, handler, event_id) values ($1, $2, $3) on conflict do nothing returning 1`,
          [event.tenantId, handler, event.id],
        );
        if (!fresh) return false;
        await work(tx);
        return true;
      }),
    );
  }

  /**
   * Runs `work` in one transaction of each tenant with those of its events, in their order, that this handler has not
   * handled; in none for a tenant that has no such event.
   */
  async onceByTenant<D>(
    handler: string,
    events: readonly EventEnvelope<D>[],
    work: (tx: TenantTransaction, fresh: EventEnvelope<D>[]) => Promise<void>,
  ): Promise<void> {
    for (const [tenantId, own] of Map.groupBy(events, event => event.tenantId)) {
      await retrySerialization(() =>
        this.uow.run(tenantId, async tx => {
          const fresh = await this.note(tx, handler, own);
          if (fresh.length > 0) await work(tx, fresh);
        }),
      );
    }
  }

  /**
   * Runs `work` in one transaction of the worker role with those events, in their order, that this handler has not
   * handled; not at all when there are none.
   * @returns how many were new
   */
  onceBatch<D>(
    handler: string,
    events: readonly EventEnvelope<D>[],
    work: (tx: SystemTransaction, fresh: EventEnvelope<D>[]) => Promise<void>,
  ): Promise<number> {
    if (events.length === 0) return Promise.resolve(0);
    return retrySerialization(() =>
      this.uow.system(`inbox ${handler}`, async tx => {
        const fresh = await this.note(tx, handler, events);
        if (fresh.length > 0) await work(tx, fresh);
        return fresh.length;
      }),
    );
  }

  /** Marks the events as handled. @returns those that were not, in their order */
  private async note<D>(
    tx: Transaction,
    handler: string,
    events: readonly EventEnvelope<D>[],
  ): Promise<EventEnvelope<D>[]> {
    // Sorted: two members that handle the same events after a rebalance wait for each other instead of deadlocking.
    const rows = await tx.prepared<{ event_id: string }>(
      `insert into inbox (tenant_id, handler, event_id)
       select t, $2, e from unnest($1::text[], $3::uuid[]) as given(t, e) order by t, e
       on conflict do nothing returning event_id`,
      [events.map(event => event.tenantId), handler, events.map(event => event.id)],
    );
    const unseen = new Set(rows.map(row => row.event_id));
    return events.filter(event => unseen.delete(event.id));
  }
}
