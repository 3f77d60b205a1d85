import type { FailurePolicy, HookMode, Role } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { EnvelopeEncryption } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Endpoint, EndpointHook } from './endpoint.js';
import { isAnswering } from './endpoint.js';
import type { EndpointAuth } from './endpoint.schema.js';

interface EndpointRow {
  id: string;
  name: string;
  url: string;
  enabled: boolean;
  disabled_reason: string | null;
  token_roles: Role[];
  token_ttl_seconds: number;
  ca_bundle: string | null;
  echo: boolean;
  ordered: boolean;
  retry_schedule: number[] | null;
  rate_limit: number | null;
  max_concurrency: number | null;
  headers_sealed: Buffer | null;
  auth_sealed: Buffer | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export type NewEndpoint = Omit<Endpoint, 'secrets' | 'version' | 'createdAt' | 'updatedAt' | 'tenantId'>;

/** Endpoints with their hooks and secrets. Secrets are sealed on the way in and opened on the way out. */
@Injectable()
export class EndpointRepository {
  constructor(private readonly encryption: EnvelopeEncryption) {}

  async insert(tx: TenantTransaction, endpoint: NewEndpoint): Promise<void> {
    await tx.query(
      `insert into webhook_endpoint (tenant_id, id, version, name, url, enabled, disabled_reason, token_roles, token_ttl_seconds,
         ca_bundle, echo, ordered, retry_schedule, rate_limit, max_concurrency, headers_sealed, auth_sealed)
       values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [tx.tenantId, endpoint.id, ...this.values(tx, endpoint)],
    );
    await this.insertHooks(tx, endpoint);
  }

  /** Writes all settings over the ones that are there; the version grows by one. */
  async replace(tx: TenantTransaction, endpoint: NewEndpoint, principalChanged: boolean): Promise<void> {
    await tx.query(
      `update webhook_endpoint set version = version + 1, updated_at = now(), name = $3, url = $4, enabled = $5,
         disabled_reason = $6, token_roles = $7, token_ttl_seconds = $8, ca_bundle = $9, echo = $10, ordered = $11,
         retry_schedule = $12, rate_limit = $13, max_concurrency = $14, headers_sealed = $15, auth_sealed = $16,
         principal_sync = case when $17 then 'refresh' else principal_sync end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, endpoint.id, ...this.values(tx, endpoint), principalChanged],
    );
    await tx.query(`delete from endpoint_hook where tenant_id = $1 and endpoint_id = $2`, [tx.tenantId, endpoint.id]);
    await this.insertHooks(tx, endpoint);
  }

  /** @param lock keeps others from changing it until the transaction ends */
  async find(tx: TenantTransaction, id: string, lock = false): Promise<Endpoint | undefined> {
    const rows = await tx.query<EndpointRow>(
      `select * from webhook_endpoint where tenant_id = $1 and id = $2 and deleted_at is null ${lock ? 'for update' : ''}`,
      [tx.tenantId, id],
    );
    return (await this.complete(tx, rows))[0];
  }

  /** One page, oldest first; one more than the limit is read. */
  async list(tx: TenantTransaction, limit: number, after: string | undefined): Promise<Endpoint[]> {
    const rows = await tx.query<EndpointRow>(
      `select * from webhook_endpoint where tenant_id = $1 and id > $2 and deleted_at is null order by id limit $3`,
      [tx.tenantId, after ?? '', limit + 1],
    );
    return this.complete(tx, rows);
  }

  /** What auth-mfa must still be told; undefined when the row is gone. */
  async principalSync(tx: TenantTransaction, id: string): Promise<'done' | 'refresh' | 'revoke' | undefined> {
    const [row] = await tx.query<{ principal_sync: 'done' | 'refresh' | 'revoke' }>(
      `select principal_sync from webhook_endpoint where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return row?.principal_sync;
  }

  /** @param version the one whose roles were told: a later change is told by itself */
  async principalDone(tx: TenantTransaction, id: string, version: number): Promise<void> {
    await tx.query(
      `update webhook_endpoint set principal_sync = 'done'
        where tenant_id = $1 and id = $2 and version = $3 and principal_sync = 'refresh'`,
      [tx.tenantId, id, version],
    );
  }

  async remove(tx: TenantTransaction, id: string): Promise<void> {
    await tx.query(`delete from webhook_endpoint where tenant_id = $1 and id = $2 and deleted_at is not null`, [
      tx.tenantId,
      id,
    ]);
  }

  /** Hides the endpoint at once; the row goes when its principal has been revoked. */
  async markDeleted(tx: TenantTransaction, id: string): Promise<void> {
    const key = [tx.tenantId, id];
    await tx.query(
      `update webhook_endpoint set deleted_at = now(), enabled = false, principal_sync = 'revoke', version = version + 1,
         updated_at = now()
        where tenant_id = $1 and id = $2`,
      key,
    );
    await tx.query(`delete from endpoint_hook where tenant_id = $1 and endpoint_id = $2`, key);
    await tx.query(`delete from signing_secret where tenant_id = $1 and endpoint_id = $2`, key);
    await tx.query(`delete from endpoint_state where tenant_id = $1 and endpoint_id = $2`, key);
  }

  /**
   * Switches it off on the platform's own account. Its claim to answer awaited hooks stays: off must not mean unguarded.
   * @param version the one that gave the reason: what was changed since may have been mended
   */
  async disable(tx: TenantTransaction, id: string, reason: string, version: number): Promise<boolean> {
    const rows = await tx.query(
      `update webhook_endpoint set enabled = false, disabled_reason = $3, version = version + 1, updated_at = now()
        where tenant_id = $1 and id = $2 and version = $4 and enabled and deleted_at is null returning 1`,
      [tx.tenantId, id, reason, version],
    );
    return rows.length > 0;
  }

  async addSecret(tx: TenantTransaction, endpointId: string, secret: string): Promise<void> {
    const id = randomUUID();
    await tx.query(`insert into signing_secret (tenant_id, endpoint_id, id, sealed) values ($1, $2, $3, $4)`, [
      tx.tenantId,
      endpointId,
      id,
      this.encryption.seal({ tenantId: tx.tenantId, purpose: 'webhook-secret', id }, secret),
    ]);
  }

  /** Lets the secrets that are there sign on until the given time, and drops those whose time is over. */
  async retireSecrets(tx: TenantTransaction, endpointId: string, validUntil: Date): Promise<void> {
    const key = [tx.tenantId, endpointId];
    await tx.query(`delete from signing_secret where tenant_id = $1 and endpoint_id = $2 and valid_until < now()`, key);
    await tx.query(
      `update signing_secret set valid_until = $3 where tenant_id = $1 and endpoint_id = $2 and valid_until is null`,
      [...key, validUntil],
    );
  }

  async touch(tx: TenantTransaction, id: string): Promise<void> {
    await tx.query(
      `update webhook_endpoint set version = version + 1, updated_at = now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
  }

  private async insertHooks(tx: TenantTransaction, { id, hooks, enabled, disabledReason }: NewEndpoint): Promise<void> {
    for (const { hook, mode, failurePolicy, timeoutMs, path } of hooks) {
      await tx.query(
        `insert into endpoint_hook (tenant_id, endpoint_id, hook, mode, failure_policy, timeout_ms, path, answers)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          tx.tenantId,
          id,
          hook,
          mode,
          failurePolicy,
          timeoutMs,
          path,
          isAnswering(mode) && (enabled || disabledReason !== null),
        ],
      );
    }
  }

  private values(tx: TenantTransaction, endpoint: NewEndpoint): unknown[] {
    const seal = (purpose: string, value: object) =>
      this.encryption.seal({ tenantId: tx.tenantId, purpose, id: endpoint.id }, JSON.stringify(value));
    return [
      endpoint.name,
      endpoint.url,
      endpoint.enabled,
      endpoint.disabledReason,
      endpoint.token.roles,
      endpoint.token.ttlSeconds,
      endpoint.caBundle,
      endpoint.echo,
      endpoint.ordered,
      endpoint.retrySchedule,
      endpoint.rateLimit,
      endpoint.maxConcurrency,
      Object.keys(endpoint.headers).length > 0 ? seal('webhook-headers', endpoint.headers) : null,
      endpoint.auth ? seal('webhook-auth', endpoint.auth) : null,
    ];
  }

  private async complete(tx: TenantTransaction, rows: EndpointRow[]): Promise<Endpoint[]> {
    if (rows.length === 0) return [];
    const key = [tx.tenantId, rows.map(row => row.id)];
    const hooks = await tx.query<{
      endpoint_id: string;
      hook: string;
      mode: HookMode;
      failure_policy: FailurePolicy | null;
      timeout_ms: number | null;
      path: string | null;
    }>(
      `select endpoint_id, hook, mode, failure_policy, timeout_ms, path from endpoint_hook
        where tenant_id = $1 and endpoint_id = any($2) order by hook`,
      key,
    );
    const secrets = await tx.query<{ endpoint_id: string; id: string; sealed: Buffer; valid_until: Date | null }>(
      `select endpoint_id, id, sealed, valid_until from signing_secret
        where tenant_id = $1 and endpoint_id = any($2) and (valid_until is null or valid_until > now()) order by created_at desc`,
      key,
    );
    const open = (purpose: string, id: string, sealed: Buffer) =>
      this.encryption.openText({ tenantId: tx.tenantId, purpose, id }, sealed);
    return rows.map(row => ({
      tenantId: tx.tenantId,
      id: row.id,
      version: row.version,
      name: row.name,
      url: row.url,
      enabled: row.enabled,
      disabledReason: row.disabled_reason,
      hooks: hooks
        .filter(hook => hook.endpoint_id === row.id)
        .map((hook): EndpointHook => ({
          hook: hook.hook,
          mode: hook.mode,
          failurePolicy: hook.failure_policy,
          timeoutMs: hook.timeout_ms,
          path: hook.path,
        })),
      headers: row.headers_sealed
        ? (JSON.parse(open('webhook-headers', row.id, row.headers_sealed)) as Record<string, string>)
        : {},
      auth: row.auth_sealed ? (JSON.parse(open('webhook-auth', row.id, row.auth_sealed)) as EndpointAuth) : null,
      token: { roles: row.token_roles, ttlSeconds: row.token_ttl_seconds },
      caBundle: row.ca_bundle,
      echo: row.echo,
      ordered: row.ordered,
      retrySchedule: row.retry_schedule,
      rateLimit: row.rate_limit,
      maxConcurrency: row.max_concurrency,
      secrets: secrets
        .filter(secret => secret.endpoint_id === row.id)
        .map(secret => ({ value: open('webhook-secret', secret.id, secret.sealed), validUntil: secret.valid_until })),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }
}
