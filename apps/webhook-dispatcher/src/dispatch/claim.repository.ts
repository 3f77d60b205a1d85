import type { SystemTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

/** Which replica holds which deliveries: keeps its own claims, and frees those of the dead and the silent. */
@Injectable()
export class ClaimRepository {
  /**
   * Keeps what this replica holds for longer. Deliveries that end soon never get here: only old claims are touched. What was
   * claimed and never reached its memory (a commit whose answer was lost), or left it without being written, is not renewed:
   * it returns to the queue when the lease is over.
   */
  async renew(
    tx: SystemTransaction,
    claimId: string,
    olderThanSeconds: number,
    heldIds: readonly string[],
  ): Promise<void> {
    if (heldIds.length === 0) return;
    await tx.query(
      `update delivery set claimed_at = now()
        where claim_id = $1 and claimed_at < now() - make_interval(secs => $2) and id = any($3)`,
      [claimId, olderThanSeconds, heldIds],
    );
  }

  /** Takes deliveries away from replicas that have been silent for the whole lease. @returns how many */
  async reclaimExpired(tx: SystemTransaction, leaseSeconds: number): Promise<number> {
    const rows = await tx.query(
      `update delivery set claim_id = null, claimed_at = null
        where (tenant_id, id) in (select tenant_id, id from delivery
          where claim_id is not null and claimed_at < now() - make_interval(secs => $1)
          order by claimed_at limit 5000 for update skip locked)
        returning 1`,
      [leaseSeconds],
    );
    return rows.length;
  }

  /** Claims of others that are not quite new, for the question whether their owners live. */
  async otherClaims(tx: SystemTransaction, claimId: string): Promise<string[]> {
    const rows = await tx.query<{ claim_id: string }>(
      `select distinct claim_id from delivery
        where claim_id is not null and claimed_at < now() - interval '1 second' and claim_id <> $1`,
      [claimId],
    );
    return rows.map(row => row.claim_id);
  }

  async reclaim(tx: SystemTransaction, claimIds: readonly string[]): Promise<number> {
    const rows = await tx.query(
      `update delivery set claim_id = null, claimed_at = null
        where (tenant_id, id) in (select tenant_id, id from delivery where claim_id = any($1) for update skip locked) returning 1`,
      [claimIds],
    );
    return rows.length;
  }
}
