import type { FailurePolicy, HookMode } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import type { SystemTransaction, TenantTransaction, Transaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

/** An endpoint's part in one hook. */
export interface Subscription {
  tenantId: TenantId;
  endpointId: string;
  version: number;
  enabled: boolean;
  hook: string;
  mode: HookMode;
  failurePolicy: FailurePolicy | null;
  timeoutMs: number | null;
  echo: boolean;
  ordered: boolean;
  retrySchedule: number[] | null;
}

const SELECT = `select h.tenant_id as "tenantId", h.endpoint_id as "endpointId", e.version, e.enabled, h.hook, h.mode,
    h.failure_policy as "failurePolicy", h.timeout_ms as "timeoutMs", e.echo, e.ordered, e.retry_schedule as "retrySchedule"
  from endpoint_hook h join webhook_endpoint e on e.tenant_id = h.tenant_id and e.id = h.endpoint_id and e.deleted_at is null`;

/** Who takes part in which hook. Read where the answer is used, in the same transaction: it is never out of date. */
@Injectable()
export class SubscriptionRepository {
  /** Endpoints that are told of the hooks, of several tenants. */
  notified(tx: SystemTransaction, tenantIds: readonly string[], hooks: readonly string[]): Promise<Subscription[]> {
    return this.read(
      tx,
      `${SELECT} where h.tenant_id = any($1) and h.hook = any($2) and h.mode = 'notify' and e.enabled order by 2`,
      [tenantIds, hooks],
    );
  }

  /** All that takes part in one of the hooks, in any mode; one that the platform switched off is among them. */
  ofHooks(tx: TenantTransaction, hooks: readonly string[]): Promise<Subscription[]> {
    return this.read(
      tx,
      `${SELECT} where h.tenant_id = $1 and h.hook = any($2) and (e.enabled or h.answers) order by 2`,
      [tx.tenantId, hooks],
    );
  }

  private read(tx: Transaction, sql: string, parameters: unknown[]): Promise<Subscription[]> {
    return tx.prepared<Subscription & Record<string, unknown>>(sql, parameters);
  }
}
