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

/** Columns and rows of users, as an insert takes them; `$2` is what `rowsOf` makes. Sorted, so that two writers do not deadlock. */
const ROWS = `(tenant_id, user_id, login, first_name, last_name, email, mobile, roles, status, version, updated_at)
  select $1, r.* from jsonb_to_recordset($2::jsonb) as r(user_id text, login text, first_name text, last_name text, email text,
    mobile text, roles text[], status text, version int, updated_at timestamptz)
  order by r.user_id`;

function rowsOf(users: readonly User[], now: Date): string {
  return JSON.stringify(
    users.map(user => ({
      user_id: user.id,
      login: user.login,
      first_name: user.firstName,
      last_name: user.lastName,
      email: user.email ?? null,
      mobile: user.mobile ?? null,
      roles: user.roles,
      status: user.status,
      version: user.version,
      updated_at: now,
    })),
  );
}

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
    const [before] = await tx.query<KnownUser>(
      `select ${USER} from known_user where tenant_id = $1 and user_id = $2 for update`,
      [tx.tenantId, user.id],
    );
    const written = await tx.query(
      `insert into known_user as k ${ROWS}
       on conflict (tenant_id, user_id) do update set
         login = excluded.login, first_name = excluded.first_name, last_name = excluded.last_name,
         email = excluded.email, mobile = excluded.mobile, roles = excluded.roles, status = excluded.status,
         version = excluded.version, updated_at = excluded.updated_at
       where k.version < excluded.version
       returning 1`,
      [tx.tenantId, rowsOf([user], now)],
    );
    return { before, applied: written.length > 0 };
  }

  /**
   * Writes users of whom nothing is known; a known one changes by its events only, with all that follows from them.
   * @returns the ids of those that were not known
   */
  async addUsers(tx: TenantTransaction, users: readonly User[], now: Date): Promise<Set<string>> {
    if (users.length === 0) return new Set();
    const rows = await tx.prepared<{ userId: string }>(
      `insert into known_user ${ROWS} on conflict (tenant_id, user_id) do nothing returning user_id as "userId"`,
      [tx.tenantId, rowsOf(users, now)],
    );
    return new Set(rows.map(row => row.userId));
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
}
