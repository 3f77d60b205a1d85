import type { Revocation } from '@countersign/contracts';
import { uuid7 } from '@countersign/kernel';
import type { SystemTransaction, TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface KeptRevocation {
  id: string;
  /** The transaction that wrote it. */
  xid: bigint;
  revocation: Revocation;
}

export interface RevocationsRead {
  rows: KeptRevocation[];
  /** Every row of a transaction below it is either in `rows`, or was visible before. */
  horizon: bigint;
}

interface Row {
  id: string;
  xid: string;
  kind: Revocation['kind'];
  tenantId: string;
  subject: string;
  issuedBefore: string;
  code: Revocation['code'];
  expiresAt: Date;
}

@Injectable()
export class RevocationRepository {
  async add(tx: TenantTransaction, revocations: readonly Omit<Revocation, 'tenantId'>[]): Promise<void> {
    if (revocations.length === 0) return;
    await tx.query(
      `insert into revocation (tenant_id, id, xid, kind, subject, issued_before, code, expires_at)
       select $1, r.id, pg_current_xact_id()::text::bigint, r.kind, r.subject, r.issued_before, r.code, to_timestamp(r.expires_at)
         from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[])
           as r(id, kind, subject, issued_before, code, expires_at)`,
      [
        tx.tenantId,
        revocations.map(() => uuid7()),
        revocations.map(each => each.kind),
        revocations.map(each => each.subject),
        revocations.map(each => each.issuedBefore),
        revocations.map(each => each.code),
        revocations.map(each => each.expiresAt),
      ],
    );
  }

  /** The latest `issuedBefore` (seconds) of these users, or of all users of the tenant, and of the tenant itself; 0 = none. */
  async latestBoundary(tx: TenantTransaction, userIds: readonly string[] | 'all'): Promise<number> {
    const [row] = await tx.query<{ latest: string | null }>(
      `select max(issued_before) as latest from revocation
        where tenant_id = $1
          and ((kind = 'user' and ($2::text[] is null or subject = any($2))) or (kind = 'tenant' and subject = $1))`,
      [tx.tenantId, userIds === 'all' ? null : userIds],
    );
    return Number(row?.latest ?? 0);
  }

  /**
   * The unexpired revocations of all tenants written by transactions from `since` on, as one snapshot sees them. A
   * transaction with a smaller id may commit later than one with a greater, so `horizon` is the oldest that was still
   * running: reading on from it skips nothing, at the price of reading some rows twice.
   */
  async readSince(tx: SystemTransaction, since: bigint, now: Date): Promise<RevocationsRead> {
    const rows = await tx.query<Row & { horizon: string }>(
      `with now_running as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon,
                                   pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next)
       select n.horizon, r.id, r.xid, r.kind, r.tenant_id as "tenantId", r.subject, r.issued_before as "issuedBefore",
              r.code, r.expires_at as "expiresAt"
         from now_running n
         left join revocation r
           -- A cursor from the future is one of another database (a restored one): everything is sent again.
           on r.xid >= (case when $1::bigint > n.next then 0 else $1::bigint end) and r.expires_at > $2
        order by r.xid, r.id`,
      [since.toString(), now],
    );
    return {
      horizon: BigInt(rows[0]!.horizon),
      rows: rows
        .filter(row => row.id !== null)
        .map(row => ({
          id: row.id,
          xid: BigInt(row.xid),
          revocation: {
            kind: row.kind,
            tenantId: row.tenantId,
            subject: row.subject,
            issuedBefore: Number(row.issuedBefore),
            code: row.code,
            expiresAt: Math.ceil(row.expiresAt.getTime() / 1000),
          },
        })),
    };
  }

  /** Expired by both clocks, ours and the database's: a revocation that goes too early lets in what was shut out. */
  async deleteExpired(tx: SystemTransaction, now: Date): Promise<void> {
    await tx.query(`delete from revocation where expires_at < least($1::timestamptz, now())`, [now]);
  }
}
