import type { TenantId } from '@countersign/kernel';
import type { SystemTransaction, TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { PROBE_LEASE_MS, type BreakerState } from './breaker.js';

interface StateRow {
  endpoint_id: string;
  failures: number;
  opened: number;
  open_until: Date | null;
}

/** Breakers as all replicas see them. A closed one has no row. */
@Injectable()
export class BreakerRepository {
  async find(tx: TenantTransaction, endpointIds: readonly string[]): Promise<Map<string, BreakerState>> {
    const rows = await tx.query<StateRow>(
      `select endpoint_id, failures, opened, open_until from endpoint_state where tenant_id = $1 and endpoint_id = any($2)`,
      [tx.tenantId, endpointIds],
    );
    return new Map(rows.map(row => [row.endpoint_id, toState(row)]));
  }

  async close(tx: TenantTransaction, endpointId: string): Promise<void> {
    await tx.query(`delete from endpoint_state where tenant_id = $1 and endpoint_id = $2`, [tx.tenantId, endpointId]);
  }

  /** Takes the one turn of a half-open breaker for this replica. @returns whether it got it */
  async takeProbe(tx: SystemTransaction, tenantId: TenantId, endpointId: string): Promise<boolean> {
    const rows = await tx.query(
      `update endpoint_state set open_until = now() + make_interval(secs => $3), updated_at = now()
        where tenant_id = $1 and endpoint_id = $2 and open_until <= now() returning 1`,
      [tenantId, endpointId, PROBE_LEASE_MS / 1000],
    );
    return rows.length > 0;
  }

  /** Gives back a turn that could not be used: whoever has something to send may take it. */
  async returnProbe(tx: SystemTransaction, tenantId: TenantId, endpointId: string): Promise<void> {
    await tx.query(
      `update endpoint_state set open_until = now() - interval '1 second', updated_at = now()
        where tenant_id = $1 and endpoint_id = $2`,
      [tenantId, endpointId],
    );
  }

  async save(
    tx: SystemTransaction,
    states: readonly { tenantId: TenantId; endpointId: string; state: BreakerState }[],
  ): Promise<void> {
    const closed = states.filter(({ state }) => state.openUntil === 0);
    const open = states.filter(({ state }) => state.openUntil !== 0);
    if (closed.length > 0) {
      await tx.query(
        `delete from endpoint_state s using unnest($1::text[], $2::text[]) as g(tenant_id, endpoint_id)
          where s.tenant_id = g.tenant_id and s.endpoint_id = g.endpoint_id`,
        [closed.map(({ tenantId }) => tenantId), closed.map(({ endpointId }) => endpointId)],
      );
    }
    if (open.length > 0) {
      // Sorted: two replicas that write at once lock in the same order. As a wait from now on: the database's clock judges.
      const sorted = [...open].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
      await tx.query(
        `insert into endpoint_state (tenant_id, endpoint_id, failures, opened, open_until)
         select t, e, f, o, now() + wait_ms * interval '1 millisecond'
           from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::float8[]) as g(t, e, f, o, wait_ms)
         on conflict (tenant_id, endpoint_id) do update
           set failures = excluded.failures, opened = excluded.opened, open_until = excluded.open_until, updated_at = now()`,
        [
          sorted.map(({ tenantId }) => tenantId),
          sorted.map(({ endpointId }) => endpointId),
          sorted.map(({ state }) => state.failures),
          sorted.map(({ state }) => state.opened),
          sorted.map(({ state }) => state.openUntil - Date.now()),
        ],
      );
    }
  }

  /** Of the given endpoints, what has changed elsewhere: versions and breakers. An endpoint that is gone is not in the answer. */
  async readVersions(tx: SystemTransaction, endpoints: readonly { tenantId: TenantId; id: string }[]) {
    const rows = await tx.query<StateRow & { version: number }>(
      `select e.id as endpoint_id, e.version, s.failures, s.opened, s.open_until
         from unnest($1::text[], $2::text[]) as g(tenant_id, id)
         join webhook_endpoint e on e.tenant_id = g.tenant_id and e.id = g.id and e.deleted_at is null
         left join endpoint_state s on s.tenant_id = e.tenant_id and s.endpoint_id = e.id`,
      [endpoints.map(({ tenantId }) => tenantId), endpoints.map(({ id }) => id)],
    );
    return new Map(rows.map(row => [row.endpoint_id, { version: row.version, breaker: toState(row) }]));
  }
}

function toState(row: StateRow): BreakerState {
  return { failures: row.failures ?? 0, opened: row.opened ?? 0, openUntil: row.open_until?.getTime() ?? 0 };
}
