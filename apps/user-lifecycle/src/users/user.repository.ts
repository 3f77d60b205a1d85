import type { User } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { searchKey } from '../filtering/search-key.js';
import { searchValues, toUser, USER_COLUMNS, writtenColumns, type SearchValue, type UserRow } from './user-row.js';

/** The users of a tenant with what is kept beside them: memberships and the inverted index. */
@Injectable()
export class UserRepository {
  async find(tx: TenantTransaction, id: string): Promise<User | undefined> {
    const [row] = await tx.query<UserRow>(`select ${USER_COLUMNS} from users u where u.tenant_id = $1 and u.id = $2`, [
      tx.tenantId,
      id,
    ]);
    return row && toUser(row);
  }

  /**
   * The user, kept from every other change until the transaction ends. Lock order: tenant, catalogue, groups, users.
   * Read in a statement of its own: one that had to wait for the lock would see the memberships of before.
   */
  async lock(tx: TenantTransaction, id: string): Promise<User | undefined> {
    const [locked] = await tx.query(`select 1 from users where tenant_id = $1 and id = $2 for no key update`, [
      tx.tenantId,
      id,
    ]);
    return locked && this.find(tx, id);
  }

  async insert(tx: TenantTransaction, user: User): Promise<void> {
    const columns = {
      tenant_id: tx.tenantId,
      id: user.id,
      login: user.login,
      login_key: searchKey(user.login),
      provisioned_apps: JSON.stringify(user.provisionedApps),
      created_at: user.createdAt,
      ...writtenColumns(user),
    };
    const names = Object.keys(columns);
    const placeholders = names.map((_, index) => `$${index + 1}`);
    const entries = [...searchValues(user).values()];
    await tx.prepared(
      `with added as (insert into users (${names.join(', ')}) values (${placeholders.join(', ')}))
       insert into user_search_values (tenant_id, name, value, user_id)
       select $1, e.name, e.value, $2 from unnest($${names.length + 1}::text[], $${names.length + 2}::text[]) as e(name, value)`,
      [...Object.values(columns), entries.map(entry => entry.name), entries.map(entry => entry.value)],
    );
    await this.addMemberships(tx, user.id, user.assignedGroups);
  }

  /** Writes the user over the state that was read; `before` must be the state under the row lock. */
  async save(tx: TenantTransaction, before: User, after: User): Promise<void> {
    const columns = writtenColumns(after);
    const assignments = Object.keys(columns).map((name, index) => `${name} = $${index + 3}`);
    await tx.query(`update users set ${assignments.join(', ')} where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      after.id,
      ...Object.values(columns),
    ]);
    const [old, now] = [searchValues(before), searchValues(after)];
    await this.removeSearchValues(
      tx,
      after.id,
      [...old].filter(([key]) => !now.has(key)).map(([, entry]) => entry),
    );
    await this.addSearchValues(
      tx,
      after.id,
      [...now].filter(([key]) => !old.has(key)).map(([, entry]) => entry),
    );
    await this.removeMemberships(
      tx,
      after.id,
      before.assignedGroups.filter(id => !after.assignedGroups.includes(id)),
    );
    await this.addMemberships(
      tx,
      after.id,
      after.assignedGroups.filter(id => !before.assignedGroups.includes(id)),
    );
  }

  /** Whether the tenant has an administrator who can act besides this user. Exact only under the tenant's lock. */
  async hasOtherAdmin(tx: TenantTransaction, userId: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from user_search_values v join users u on u.tenant_id = v.tenant_id and u.id = v.user_id
        where v.tenant_id = $1 and v.name = 'roles' and v.value = 'ORG_ADMIN' and v.user_id <> $2 and u.status = 'active' limit 1`,
      [tx.tenantId, userId],
    );
    return rows.length > 0;
  }

  /** Whether the user is the manager, or above the manager, of `managerId`. Exact only under the tenant's lock. */
  async isAbove(tx: TenantTransaction, userId: string, managerId: string): Promise<boolean> {
    const rows = await tx.query(
      `with recursive above (id) as (
         select $3::text collate "C"
         union
         select u.manager_id from above a join users u on u.tenant_id = $1 and u.id = a.id where u.manager_id is not null
       ) select 1 from above where id = $2 limit 1`,
      [tx.tenantId, userId, managerId],
    );
    return rows.length > 0;
  }

  /** A batch of all users by id, deleted ones too, kept from changes until the transaction ends. */
  async lockBatch(tx: TenantTransaction, afterId: string, limit: number): Promise<User[]> {
    const locked = await tx.query<{ id: string }>(
      `select id from users where tenant_id = $1 and id > $2 order by id limit $3 for share`,
      [tx.tenantId, afterId, limit],
    );
    const rows = await tx.query<UserRow>(
      `select ${USER_COLUMNS} from users u where u.tenant_id = $1 and u.id = any($2::text[]) order by u.id`,
      [tx.tenantId, locked.map(row => row.id)],
    );
    return rows.map(toUser);
  }

  private async addSearchValues(tx: TenantTransaction, userId: string, entries: SearchValue[]): Promise<void> {
    if (entries.length === 0) return;
    await tx.prepared(
      `insert into user_search_values (tenant_id, name, value, user_id)
       select $1, e.name, e.value, $2 from unnest($3::text[], $4::text[]) as e(name, value)`,
      [tx.tenantId, userId, entries.map(entry => entry.name), entries.map(entry => entry.value)],
    );
  }

  private async removeSearchValues(tx: TenantTransaction, userId: string, entries: SearchValue[]): Promise<void> {
    if (entries.length === 0) return;
    await tx.query(
      `delete from user_search_values v using unnest($3::text[], $4::text[]) as e(name, value)
        where v.tenant_id = $1 and v.user_id = $2 and v.name = e.name and v.value = e.value`,
      [tx.tenantId, userId, entries.map(entry => entry.name), entries.map(entry => entry.value)],
    );
  }

  private async addMemberships(tx: TenantTransaction, userId: string, groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    await tx.prepared(
      `insert into group_members (tenant_id, group_id, user_id) select $1, g, $2 from unnest($3::text[]) as g`,
      [tx.tenantId, userId, groupIds],
    );
  }

  private async removeMemberships(tx: TenantTransaction, userId: string, groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    await tx.query(`delete from group_members where tenant_id = $1 and user_id = $2 and group_id = any($3::text[])`, [
      tx.tenantId,
      userId,
      groupIds,
    ]);
  }
}
