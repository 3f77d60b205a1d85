import type { Role, User, UserStatus } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import type { SystemTransaction, TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface KnownUser {
  userId: string;
  login: string;
  roles: Role[];
  status: UserStatus;
  version: number;
}

export interface KnownTenant {
  name: string;
  status: 'active' | 'disabled';
  version: number;
  createdAt: string;
}

/** What the state of a user or tenant was before it was written; `applied` is false for an event that came late. */
export interface Applied<T> {
  before: T | undefined;
  applied: boolean;
}

const USER = `user_id as "userId", login, roles, status, version`;

/** auth-mfa's copy of users and tenants, kept by their events and written by version only. */
@Injectable()
export class DirectoryRepository {
  /**
   * The tenant's status, held until the transaction ends: a disabling comes before whatever is issued meanwhile, or its
   * revocation reaches it.
   */
  async holdTenantStatus(tx: TenantTransaction): Promise<KnownTenant['status'] | undefined> {
    const [row] = await tx.query<{ status: KnownTenant['status'] }>(
      `select status from known_tenant where tenant_id = $1 for key share`,
      [tx.tenantId],
    );
    return row?.status;
  }

  async findUser(tx: TenantTransaction, userId: string): Promise<KnownUser | undefined> {
    const [row] = await tx.query<KnownUser>(`select ${USER} from known_user where tenant_id = $1 and user_id = $2`, [
      tx.tenantId,
      userId,
    ]);
    return row;
  }

  /**
   * The user, held until the transaction ends: a change of its roles or status comes before or after whatever is issued
   * meanwhile, never in between.
   */
  async holdUser(tx: TenantTransaction, userId: string): Promise<KnownUser | undefined> {
    const [row] = await tx.query<KnownUser>(
      `select ${USER} from known_user where tenant_id = $1 and user_id = $2 for share`,
      [tx.tenantId, userId],
    );
    return row;
  }

  /** Writes the user's state unless a later one is known. Who is given tokens meanwhile waits, or has them already. */
  async saveUser(tx: TenantTransaction, user: User, now: Date): Promise<Applied<KnownUser>> {
    // Most users that are written are new: one statement does for them.
    if (user.version === 1 && (await this.writeUser(tx, user, now, 'nothing'))) {
      return { before: undefined, applied: true };
    }
    const [before] = await tx.prepared<KnownUser>(
      `select ${USER} from known_user where tenant_id = $1 and user_id = $2 for update`,
      [tx.tenantId, user.id],
    );
    const applied = await this.writeUser(
      tx,
      user,
      now,
      `update set
         login = excluded.login, first_name = excluded.first_name, last_name = excluded.last_name,
         email = excluded.email, mobile = excluded.mobile, roles = excluded.roles, status = excluded.status,
         version = excluded.version, updated_at = excluded.updated_at
       where k.version < excluded.version`,
    );
    return { before, applied };
  }

  /** Writes a user of whom nothing is known; a known one changes by its events only, with all that follows from them. */
  async addUser(tx: TenantTransaction, user: User, now: Date): Promise<void> {
    await this.writeUser(tx, user, now, 'nothing');
  }

  async saveTenant(tx: TenantTransaction, tenant: KnownTenant): Promise<Applied<Pick<KnownTenant, 'status'>>> {
    const [before] = await tx.query<Pick<KnownTenant, 'status'>>(
      `select status from known_tenant where tenant_id = $1 for update`,
      [tx.tenantId],
    );
    const written = await tx.query(
      `insert into known_tenant as k (tenant_id, name, status, version, created_at) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id) do update set name = excluded.name, status = excluded.status, version = excluded.version
       where k.version < excluded.version
       returning 1`,
      [tx.tenantId, tenant.name, tenant.status, tenant.version, tenant.createdAt],
    );
    return { before, applied: written.length > 0 };
  }

  /** Every tenant heard of, for work that goes from tenant to tenant. */
  async allTenants(tx: SystemTransaction): Promise<TenantId[]> {
    const rows = await tx.query<{ tenantId: TenantId }>(`select tenant_id as "tenantId" from known_tenant order by 1`);
    return rows.map(row => row.tenantId);
  }

  private async writeUser(tx: TenantTransaction, user: User, now: Date, onConflict: string): Promise<boolean> {
    const written = await tx.prepared(
      `insert into known_user as k
         (tenant_id, user_id, login, first_name, last_name, email, mobile, roles, status, version, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       on conflict (tenant_id, user_id) do ${onConflict}
       returning 1`,
      [
        tx.tenantId,
        user.id,
        user.login,
        user.firstName,
        user.lastName,
        user.email ?? null,
        user.mobile ?? null,
        user.roles,
        user.status,
        user.version,
        now,
      ],
    );
    return written.length > 0;
  }
}
