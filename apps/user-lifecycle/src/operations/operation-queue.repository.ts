import { tenantId, type TenantId } from '@countersign/kernel';
import type { SystemTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { Operation } from './operation.js';
import { OPERATION_COLUMNS, toOperation, type OperationRow } from './operation-row.js';

/** What names an operation among all tenants'. */
export interface OperationKey {
  tenantId: TenantId;
  id: string;
}

/** The operations of all tenants that are to be worked on, in transactions of the worker role. */
@Injectable()
export class OperationQueueRepository {
  /** Lets one process at a time claim, so that two never begin operations of one tenant together. */
  async lockClaims(tx: SystemTransaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('user_lifecycle.operations', 0))`);
  }

  /** The other processes that hold operations. */
  async otherClaims(tx: SystemTransaction, claimedBy: string): Promise<string[]> {
    const rows = await tx.query<{ claimed_by: string }>(
      `select distinct claimed_by from operations
        where finished_at is null and claimed_by is not null and claimed_by <> $1::uuid`,
      [claimedBy],
    );
    return rows.map(row => row.claimed_by);
  }

  /** Frees what the named processes hold, and whatever is held past its time. @returns how many */
  async reclaim(tx: SystemTransaction, dead: readonly string[]): Promise<number> {
    const rows = await tx.query(
      `update operations set claimed_by = null, claimed_until = null
        where finished_at is null and claimed_by is not null
          and (claimed_by = any($1::uuid[]) or claimed_until < clock_timestamp()) returning 1`,
      [dead],
    );
    return rows.length;
  }

  async renew(tx: SystemTransaction, claimedBy: string, seconds: number): Promise<void> {
    await tx.query(
      `update operations set claimed_until = clock_timestamp() + make_interval(secs => $2)
        where finished_at is null and claimed_by = $1::uuid`,
      [claimedBy, seconds],
    );
  }

  /** Claims the oldest operation that waits, of a tenant of which none is under way; one to be cancelled waits for none. */
  async claim(
    tx: SystemTransaction,
    claimedBy: string,
    seconds: number,
    besides: readonly string[],
  ): Promise<Operation | undefined> {
    const [row] = await tx.query<OperationRow>(
      `update operations o set state = 'running', started_at = coalesce(started_at, clock_timestamp()), version = version + 1,
              claimed_by = $1::uuid, claimed_until = clock_timestamp() + make_interval(secs => $2)
        where (o.tenant_id, o.id) = (
          select w.tenant_id, w.id from operations w
           where w.state in ('pending', 'running') and w.finished_at is null and w.claimed_by is null
             and w.id <> all($3::text[])
             and (w.cancel_requested
                  or not exists (select from operations r where r.tenant_id = w.tenant_id and r.state = 'running'
                                                            and r.finished_at is null and r.id <> w.id))
           order by w.created_at, w.id limit 1)
        returning ${OPERATION_COLUMNS}`,
      [claimedBy, seconds, besides],
    );
    return row && toOperation(row);
  }

  async release(tx: SystemTransaction, id: string, claimedBy: string): Promise<void> {
    await tx.query(
      `update operations set claimed_by = null, claimed_until = null where id = $1 and claimed_by = $2::uuid
          and finished_at is null`,
      [id, claimedBy],
    );
  }

  /** Operations whose bodies broke off with the process that received them. */
  async abandoned(tx: SystemTransaction, limit: number): Promise<(OperationKey & { kind: string })[]> {
    const rows = await tx.query<{ tenant_id: string; id: string; kind: string }>(
      `select tenant_id, id, kind from operations
        where state = 'receiving' and finished_at is null and claimed_by is null limit $1`,
      [limit],
    );
    return rows.map(({ tenant_id, ...row }) => ({ ...row, tenantId: tenantId(tenant_id) }));
  }

  /** Operations that were over before the time. */
  async finishedBefore(tx: SystemTransaction, before: Date, limit: number): Promise<OperationKey[]> {
    const rows = await tx.query<{ tenant_id: string; id: string }>(
      `select tenant_id, id from operations where finished_at < $1 order by finished_at limit $2`,
      [before, limit],
    );
    return rows.map(({ tenant_id, id }) => ({ tenantId: tenantId(tenant_id), id }));
  }
}
