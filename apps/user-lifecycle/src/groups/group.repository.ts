import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { searchKey } from '../filtering/search-key.js';
import type { Group } from './group.schema.js';

export interface GroupRow {
  id: string;
  name: string;
  description: string | null;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export const GROUP_COLUMNS = 'g.id, g.name, g.description, g.created_at, g.updated_at, g.version';

export function toGroup(row: GroupRow): Group {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** The groups of a tenant; deleted ones are not seen. */
@Injectable()
export class GroupRepository {
  async find(tx: TenantTransaction, id: string): Promise<Group | undefined> {
    return this.select(tx, id, '');
  }

  async lock(tx: TenantTransaction, id: string): Promise<Group | undefined> {
    return this.select(tx, id, 'for update');
  }

  private async select(tx: TenantTransaction, id: string, lock: string): Promise<Group | undefined> {
    const [row] = await tx.query<GroupRow>(
      `select ${GROUP_COLUMNS} from groups g where g.tenant_id = $1 and g.id = $2 and g.deleted_at is null ${lock}`,
      [tx.tenantId, id],
    );
    return row && toGroup(row);
  }

  /** Those of the ids that are groups. */
  async existing(tx: TenantTransaction, ids: readonly string[]): Promise<string[]> {
    return this.selectIds(tx, ids, '');
  }

  /** Those of the ids that are groups, and stay so until the transaction ends. Lock order: tenant, catalogue, groups, users. */
  async lockShared(tx: TenantTransaction, ids: readonly string[]): Promise<string[]> {
    return ids.length === 0 ? [] : this.selectIds(tx, ids, 'for share');
  }

  private async selectIds(tx: TenantTransaction, ids: readonly string[], lock: string): Promise<string[]> {
    const rows = await tx.prepared<{ id: string }>(
      `select id from groups where tenant_id = $1 and id = any($2::text[]) and deleted_at is null order by id ${lock}`,
      [tx.tenantId, ids],
    );
    return rows.map(row => row.id);
  }

  async insert(tx: TenantTransaction, group: Group): Promise<void> {
    await tx.query(
      `insert into groups (tenant_id, id, name, name_key, description, created_at, updated_at, version)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        tx.tenantId,
        group.id,
        group.name,
        searchKey(group.name),
        group.description,
        group.createdAt,
        group.updatedAt,
        group.version,
      ],
    );
  }

  async save(tx: TenantTransaction, group: Group): Promise<void> {
    await tx.query(
      `update groups set name = $3, name_key = $4, description = $5, updated_at = $6, version = $7 where tenant_id = $1 and id = $2`,
      [tx.tenantId, group.id, group.name, searchKey(group.name), group.description, group.updatedAt, group.version],
    );
  }

  async markDeleted(tx: TenantTransaction, group: Group): Promise<void> {
    await tx.query(
      `update groups set deleted_at = $3, updated_at = $3, version = $4 where tenant_id = $1 and id = $2`,
      [tx.tenantId, group.id, group.updatedAt, group.version],
    );
  }

  /** A batch of all groups by id, kept from changes until the transaction ends. */
  async lockBatch(tx: TenantTransaction, afterId: string, limit: number): Promise<Group[]> {
    const rows = await tx.query<GroupRow>(
      `select ${GROUP_COLUMNS} from groups g
        where g.tenant_id = $1 and g.id > $2 and g.deleted_at is null order by g.id limit $3 for share`,
      [tx.tenantId, afterId, limit],
    );
    return rows.map(toGroup);
  }

  /** @returns false when the user was a member already */
  async addMember(tx: TenantTransaction, groupId: string, userId: string): Promise<boolean> {
    const rows = await tx.query(
      `insert into group_members (tenant_id, group_id, user_id) values ($1, $2, $3) on conflict do nothing returning 1`,
      [tx.tenantId, groupId, userId],
    );
    return rows.length > 0;
  }

  /** @returns false when the user was no member */
  async removeMember(tx: TenantTransaction, groupId: string, userId: string): Promise<boolean> {
    const rows = await tx.query(
      `delete from group_members where tenant_id = $1 and group_id = $2 and user_id = $3 returning 1`,
      [tx.tenantId, groupId, userId],
    );
    return rows.length > 0;
  }

  /** Ids of some members, in the order in which users are locked, from after the given one. */
  async memberIds(tx: TenantTransaction, groupId: string, limit: number, after = ''): Promise<string[]> {
    const rows = await tx.query<{ user_id: string }>(
      `select user_id from group_members where tenant_id = $1 and group_id = $2 and user_id > $3 order by user_id limit $4`,
      [tx.tenantId, groupId, after, limit],
    );
    return rows.map(row => row.user_id);
  }
}
