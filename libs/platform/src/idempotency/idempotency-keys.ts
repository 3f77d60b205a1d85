import type { TenantId } from '@countersign/kernel';
import type { TenantTransaction, UnitOfWork } from '@countersign/persistence';

const LEASE_SECONDS = 60;
const KEEP_HOURS = 24;

/** Whose key it is, and for what. */
export interface KeyScope {
  tenantId: TenantId;
  /** `<kind>:<id>` of the principal. */
  principal: string;
  path: string;
  key: string;
}

/** What the key stands for now: free and taken by this request, kept by an earlier one, or in the hands of one that runs. */
export type Claim =
  | { state: 'leased'; lease: string }
  | { state: 'answered'; answer: Buffer }
  | { state: 'running' }
  | { state: 'reused' };

const WHERE = `tenant_id = $1 and principal = $2 and method = 'POST' and path = $3 and key = $4`;

/** The kept Idempotency-Keys of a service: one row per key, leased while its request runs. */
export class IdempotencyKeys {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * @param fingerprints of the request's target and body, the one to keep first, then those that it may be kept under; the
   *   same key with none of them is `reused`
   */
  claim(scope: KeyScope, fingerprints: readonly Buffer[]): Promise<Claim> {
    return this.uow.run(scope.tenantId, async tx => {
      const where = parameters(scope);
      await tx.query(
        `delete from idempotency_key where ${WHERE} and created_at < now() - make_interval(hours => ${KEEP_HOURS})`,
        where,
      );
      const lease = await this.lease(tx, where, fingerprints);
      if (lease) return { state: 'leased', lease };
      const [row] = await tx.query<{ fingerprint: Buffer; answer: Buffer | null }>(
        `select fingerprint, answer from idempotency_key where ${WHERE}`,
        where,
      );
      // Freed by its request since the attempt above: the client's next try takes it.
      if (!row) return { state: 'running' };
      if (!fingerprints.some(each => each.equals(row.fingerprint))) return { state: 'reused' };
      return row.answer ? { state: 'answered', answer: row.answer } : { state: 'running' };
    });
  }

  /** Keeps the answer; without effect when the lease was over and another request has taken the key since. */
  async keep(scope: KeyScope, lease: string, answer: Buffer): Promise<void> {
    await this.uow.run(scope.tenantId, tx =>
      tx.query(
        `update idempotency_key set answer = $6, locked_until = null where ${WHERE} and locked_until = $5::timestamptz`,
        [...parameters(scope), lease, answer],
      ),
    );
  }

  /** Frees the key after a refusal, which had no effect. */
  async free(scope: KeyScope, lease: string): Promise<void> {
    await this.uow.run(scope.tenantId, tx =>
      tx.query(`delete from idempotency_key where ${WHERE} and locked_until = $5::timestamptz`, [
        ...parameters(scope),
        lease,
      ]),
    );
  }

  /** Deletes what is older than it is kept, of all tenants. */
  async expire(): Promise<void> {
    await this.uow.system('idempotency keys', tx =>
      tx.query(`delete from idempotency_key where created_at < now() - make_interval(hours => ${KEEP_HOURS})`),
    );
  }

  private async lease(
    tx: TenantTransaction,
    where: string[],
    fingerprints: readonly Buffer[],
  ): Promise<string | undefined> {
    const [row] = await tx.query<{ lease: string }>(
      `insert into idempotency_key as k (tenant_id, principal, method, path, key, fingerprint, locked_until)
       values ($1, $2, 'POST', $3, $4, $5, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}))
       on conflict (tenant_id, principal, method, path, key) do update set locked_until = excluded.locked_until
         where k.answer is null and k.locked_until < now() and k.fingerprint = any($6::bytea[])
       returning locked_until::text as lease`,
      [...where, fingerprints[0], fingerprints],
    );
    return row?.lease;
  }
}

function parameters({ tenantId, principal, path, key }: KeyScope): string[] {
  return [tenantId, principal, path, key];
}
