import type { TenantId } from '@countersign/kernel';
import type { SystemTransaction, Transaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { columns } from './columns.js';
import { toJob, type DeliveryMode, type Job } from './job.js';

/** One hook's body for a tenant, kept once however many endpoints get it. */
export interface NewEvent {
  tenantId: TenantId;
  id: string;
  createdAt: Date;
  sourceEventId: string | null;
  hook: string;
  userId: string | null;
  body: string;
  traceparent: string;
}

export interface NewDelivery {
  tenantId: TenantId;
  id: string;
  createdAt: Date;
  endpointId: string;
  eventId: string;
  eventAt: Date;
  hook: string;
  mode: DeliveryMode;
  userId: string | null;
  attempts: number;
  /** Milliseconds until it is due. Counted by the database's clock, which alone judges what is due. */
  waitMs: number;
  expiresAt: Date;
  awaited: boolean;
  verdict: string | null;
  /** Whether this replica wants to make the first attempt at once, from memory. */
  claim: boolean;
  /** The endpoint's `ordered`. */
  ordered: boolean;
  /** Announced: claimed whatever else waits in its lane. */
  waitsForNothing: boolean;
}

/** An endpoint that has due deliveries and may be sent to. */
export interface DueEndpoint {
  tenantId: TenantId;
  endpointId: string;
  ordered: boolean;
  /** Its breaker is half open: one delivery only. */
  probing: boolean;
  /** How long its oldest delivery has been due, in seconds. */
  age: number;
}

interface ClaimedRow {
  tenant_id: TenantId;
  id: string;
  created_at: Date;
  endpoint_id: string;
  event_id: string;
  hook: string;
  mode: DeliveryMode;
  user_id: string | null;
  attempts: number;
  attempts_before: number;
  since: Date;
  body: string;
  traceparent: string;
  ordered: boolean;
}

/**
 * The queue of deliveries. Order is guarded here, in SQL, whatever replica works on what: a delivery is claimed only when no
 * earlier one of its lane (endpoint and user) still has its first attempt before it, or, where the endpoint is `ordered`, is
 * not over yet.
 */
@Injectable()
export class DeliveryQueueRepository {
  async insertEvents(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.query(
      `insert into event (tenant_id, created_at, id, source_event_id, hook, user_id, body, traceparent)
       select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])`,
      columns(
        events,
        row => row.tenantId,
        row => row.createdAt,
        row => row.id,
        row => row.sourceEventId,
        row => row.hook,
        row => row.userId,
        row => row.body,
        row => row.traceparent,
      ),
    );
  }

  /**
   * Inserts deliveries in the order given. Those that this replica wants are claimed in the same statement, unless another
   * replica holds, or nobody has claimed, an earlier one of the same lane.
   * @returns the ids that were claimed
   */
  async insertDeliveries(tx: Transaction, claimId: string, deliveries: readonly NewDelivery[]): Promise<Set<string>> {
    if (deliveries.length === 0) return new Set();
    const rows = await tx.query<{ id: string; claimed: boolean }>(
      `insert into delivery (tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, order_key, attempts,
         since, due_at, expires_at, awaited, verdict, claim_id, claimed_at)
       select g.tenant_id, g.id, g.created_at, g.endpoint_id, g.event_id, g.event_at, g.hook, g.mode, g.user_id, g.user_id, g.attempts,
         g.created_at, now() + g.wait_ms * interval '1 millisecond', g.expires_at, g.awaited, g.verdict, case when c.mine then $1::uuid end, case when c.mine then now() end
       from unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[],
         $10::text[], $11::int[], $12::float8[], $13::timestamptz[], $14::boolean[], $15::text[], $16::boolean[], $17::boolean[],
         $18::boolean[]) with ordinality
         as g(tenant_id, id, created_at, endpoint_id, event_id, event_at, hook, mode, user_id, attempts, wait_ms, expires_at, awaited,
           verdict, claim, ordered, waits_for_nothing, ord)
       cross join lateral (select g.claim and (g.waits_for_nothing or not exists (
         select from delivery e
          where e.tenant_id = g.tenant_id and e.endpoint_id = g.endpoint_id and e.order_key = g.user_id
            and (e.attempts = 0 or g.ordered) and e.claim_id is distinct from $1)) as mine) c
       order by g.ord
       returning id, claim_id is not null as claimed`,
      [
        claimId,
        ...columns(
          deliveries,
          row => row.tenantId,
          row => row.id,
          row => row.createdAt,
          row => row.endpointId,
          row => row.eventId,
          row => row.eventAt,
          row => row.hook,
          row => row.mode,
          row => row.userId,
          row => row.attempts,
          row => row.waitMs,
          row => row.expiresAt,
          row => row.awaited,
          row => row.verdict,
          row => row.claim,
          row => row.ordered,
          row => row.waitsForNothing,
        ),
      ],
    );
    return new Set(rows.filter(({ claimed }) => claimed).map(({ id }) => id));
  }

  /**
   * Endpoints that have due work nobody holds, one index probe each (a loose index scan, PostgreSQL wiki), without the
   * disabled ones and those whose breaker is open: all that waits for them is parked by one row.
   */
  async dueEndpoints(tx: SystemTransaction, limit: number): Promise<DueEndpoint[]> {
    return tx.query<DueEndpoint & Record<string, unknown>>(
      `with recursive waiting as (
         (select tenant_id, endpoint_id from delivery where claim_id is null order by tenant_id, endpoint_id limit 1)
         union all
         select n.tenant_id, n.endpoint_id from waiting w cross join lateral (
           select tenant_id, endpoint_id from delivery d
            where d.claim_id is null and (d.tenant_id, d.endpoint_id) > (w.tenant_id, w.endpoint_id)
            order by d.tenant_id, d.endpoint_id limit 1) n
       )
       select w.tenant_id as "tenantId", w.endpoint_id as "endpointId", e.ordered, s.open_until is not null as probing,
           extract(epoch from now() - o.due_at)::float8 as age
         from waiting w
         join webhook_endpoint e on e.tenant_id = w.tenant_id and e.id = w.endpoint_id and e.enabled
         left join endpoint_state s on s.tenant_id = w.tenant_id and s.endpoint_id = w.endpoint_id
         cross join lateral (
           select due_at from delivery d
            where d.tenant_id = w.tenant_id and d.endpoint_id = w.endpoint_id and d.claim_id is null and d.due_at <= now()
            order by d.due_at limit 1) o
        where s.open_until is null or s.open_until <= now()
        order by random() limit $1`,
      [limit],
    );
  }

  /**
   * Claims due deliveries, at most `limit` of each endpoint, oldest first; of a lane as many as are due in its order, for the
   * memory keeps that. Takes no longer when a million wait behind them: what comes before in the lane is asked for row by row,
   * down the index (the planner would turn `not exists` into a join of all that waits), and what was locked is updated where it
   * lies. `ranked` finds a gap in a lane that only the lock could show: an earlier one that somebody else had locked.
   */
  async claim(
    tx: SystemTransaction,
    claimId: string,
    endpoints: readonly (DueEndpoint & { limit: number })[],
  ): Promise<Job[]> {
    if (endpoints.length === 0) return [];
    const rows = await tx.query<ClaimedRow>(
      `with chosen as (
         select * from unnest($2::text[], $3::text[], $4::boolean[], $5::int[]) as c(tenant_id, endpoint_id, ordered, lim)
       ), picked as (
         select c.ordered, d.*
           from chosen c
           cross join lateral (
             select d.ctid as place, d.tenant_id, d.endpoint_id, d.order_key, d.seq, d.attempts from delivery d
              where d.tenant_id = c.tenant_id and d.endpoint_id = c.endpoint_id and d.claim_id is null and d.due_at <= now()
                and (
                  select true from delivery e
                   where e.tenant_id = d.tenant_id and e.endpoint_id = d.endpoint_id and e.order_key = d.order_key and e.seq < d.seq
                     and (c.ordered or (e.attempts = 0 and d.attempts = 0)) and (e.claim_id is not null or e.due_at > d.due_at)
                   limit 1) is null
              order by d.due_at, d.seq limit c.lim for update of d skip locked) d
       ), ranked as (
         select p.*, count(*) filter (where ordered or attempts = 0) over (
             partition by tenant_id, endpoint_id, order_key order by seq rows between unbounded preceding and 1 preceding) as before
           from picked p
       ), claimed as (
         update delivery d set claim_id = $1, claimed_at = now()
          where d.ctid = any(array(
            select r.place from ranked r
             where r.order_key is null or (r.attempts > 0 and not r.ordered) or r.before = (
               select count(*) from delivery e
                where e.tenant_id = r.tenant_id and e.endpoint_id = r.endpoint_id and e.order_key = r.order_key and e.seq < r.seq
                  and (r.ordered or e.attempts = 0))))
         returning d.*
       )
       select c.tenant_id, c.id, c.created_at, c.endpoint_id, c.event_id, c.hook, c.mode, c.user_id, c.attempts, c.attempts_before,
         c.since, o.ordered, e.body, e.traceparent
       from claimed c join chosen o on o.tenant_id = c.tenant_id and o.endpoint_id = c.endpoint_id
         join event e on e.tenant_id = c.tenant_id and e.created_at = c.event_at and e.id = c.event_id
       order by c.due_at, c.seq`,
      [
        claimId,
        ...columns(
          endpoints,
          row => row.tenantId,
          row => row.endpointId,
          row => row.ordered,
          row => row.limit,
        ),
      ],
    );
    return rows.map(row =>
      toJob({
        tenantId: row.tenant_id,
        id: row.id,
        createdAt: row.created_at,
        endpointId: row.endpoint_id,
        eventId: row.event_id,
        hook: row.hook,
        mode: row.mode,
        userId: row.user_id,
        body: row.body,
        traceparent: row.traceparent,
        attempts: row.attempts,
        attemptsBefore: row.attempts_before,
        since: row.since,
        ordered: row.ordered,
      }),
    );
  }
}
