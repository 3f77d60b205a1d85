import type { tenantStateSchema } from '@countersign/contracts';
import type { TenantTransaction, Transaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';

export type Tenant = z.output<typeof tenantStateSchema>['tenant'];

interface TenantRow {
  tenant_id: string;
  name: string;
  status: Tenant['status'];
  created_at: Date;
  version: number;
}

const COLUMNS = 'tenant_id, name, status, created_at, version';

function toTenant(row: TenantRow): Tenant {
  return {
    id: row.tenant_id,
    name: row.name,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    version: row.version,
  };
}

/** A creation under way: what the one that takes it over needs to go on with it. */
export interface TenantCreation {
  adminUserId: string;
  /** Sealed. */
  adminPassword: Buffer;
  attempt: string;
}

@Injectable()
export class TenantRepository {
  async find(tx: TenantTransaction): Promise<Tenant | undefined> {
    const [row] = await tx.query<TenantRow>(`select ${COLUMNS} from tenants where tenant_id = $1`, [tx.tenantId]);
    return row && toTenant(row);
  }

  /** The tenant's lock: taken first, by whoever changes what must hold across the tenant's users. */
  async lock(tx: TenantTransaction): Promise<Tenant | undefined> {
    const [row] = await tx.query<TenantRow>(`select ${COLUMNS} from tenants where tenant_id = $1 for no key update`, [
      tx.tenantId,
    ]);
    return row && toTenant(row);
  }

  async insert(tx: TenantTransaction, tenant: Tenant): Promise<void> {
    await tx.query(`insert into tenants (${COLUMNS}) values ($1, $2, $3, $4, $5)`, [
      tx.tenantId,
      tenant.name,
      tenant.status,
      tenant.createdAt,
      tenant.version,
    ]);
  }

  async save(tx: TenantTransaction, tenant: Tenant): Promise<void> {
    await tx.query(`update tenants set name = $2, status = $3, version = $4 where tenant_id = $1`, [
      tx.tenantId,
      tenant.name,
      tenant.status,
      tenant.version,
    ]);
  }

  /** All tenants by slug, in a transaction of the worker role. */
  async listAll(tx: Transaction, afterSlug: string, limit: number): Promise<Tenant[]> {
    const rows = await tx.query<TenantRow>(
      `select ${COLUMNS} from tenants where tenant_id > $1 collate "C" order by tenant_id collate "C" limit $2`,
      [afterSlug, limit],
    );
    return rows.map(toTenant);
  }

  /**
   * Begins the creation of the tenant, or takes over one whose lease is over.
   * @returns the creation to go on with; undefined while another attempt holds the lease
   */
  async beginCreation(
    tx: TenantTransaction,
    fresh: TenantCreation,
    leaseSeconds: number,
  ): Promise<TenantCreation | undefined> {
    const [row] = await tx.query<{ admin_user_id: string; admin_password: Buffer }>(
      `insert into tenant_creations as c (tenant_id, admin_user_id, admin_password, attempt, lease_until)
       values ($1, $2, $3, $4::uuid, clock_timestamp() + make_interval(secs => $5))
       on conflict (tenant_id) do update set attempt = excluded.attempt, lease_until = excluded.lease_until
         where c.lease_until < clock_timestamp()
       returning admin_user_id, admin_password`,
      [tx.tenantId, fresh.adminUserId, fresh.adminPassword, fresh.attempt, leaseSeconds],
    );
    return row && { adminUserId: row.admin_user_id, adminPassword: row.admin_password, attempt: fresh.attempt };
  }

  /** @returns false when another attempt has taken the creation over */
  async endCreation(tx: TenantTransaction, attempt: string): Promise<boolean> {
    const rows = await tx.query(
      `delete from tenant_creations where tenant_id = $1 and attempt = $2::uuid returning 1`,
      [tx.tenantId, attempt],
    );
    return rows.length > 0;
  }

  /** Lets the next attempt begin at once. */
  async yieldCreation(tx: TenantTransaction, attempt: string): Promise<void> {
    await tx.query(
      `update tenant_creations set lease_until = '-infinity' where tenant_id = $1 and attempt = $2::uuid`,
      [tx.tenantId, attempt],
    );
  }
}
