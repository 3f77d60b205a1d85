import type { Role, User, UserStatus } from '@countersign/contracts';
import { attributeIndexName, attributeKey, type AttributeValue } from '../attributes/attribute-values.js';
import { searchKey } from '../filtering/search-key.js';

/** A row of `users` with the groups of the user, as USER_COLUMNS selects it. */
export interface UserRow {
  id: string;
  login: string;
  first_name: string;
  last_name: string;
  user_type: string | null;
  country: string | null;
  email: string | null;
  mobile: string | null;
  manager_id: string | null;
  attributes: Record<string, AttributeValue>;
  roles: Role[];
  status: UserStatus;
  provisioned_apps: User['provisionedApps'];
  created_at: Date;
  updated_at: Date;
  version: number;
  assigned_groups: string[];
}

/**
 * Of `users u`; a group that is being deleted no longer counts. Each group is looked up by its key: a join would, without
 * statistics, read all groups for each user.
 */
export const USER_COLUMNS = `u.id, u.login, u.first_name, u.last_name, u.user_type, u.country, u.email, u.mobile, u.manager_id,
  u.attributes, u.roles, u.status, u.provisioned_apps, u.created_at, u.updated_at, u.version,
  array(select m.group_id from group_members m
         where m.tenant_id = u.tenant_id and m.user_id = u.id
           and (select g.deleted_at is null from groups g where g.tenant_id = m.tenant_id and g.id = m.group_id)
         order by m.group_id) as assigned_groups`;

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    login: row.login,
    firstName: row.first_name,
    lastName: row.last_name,
    userType: row.user_type,
    country: row.country,
    email: row.email,
    mobile: row.mobile,
    manager: row.manager_id,
    assignedGroups: row.assigned_groups,
    attributes: Object.fromEntries(Object.entries(row.attributes).sort(([a], [b]) => (a < b ? -1 : 1))),
    securityQuestion: {},
    roles: row.roles,
    status: row.status,
    provisionedApps: row.provisioned_apps,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** Columns that a change of the user writes, with their values. */
export function writtenColumns(user: User): Record<string, unknown> {
  return {
    first_name: user.firstName,
    first_name_key: searchKey(user.firstName),
    last_name: user.lastName,
    last_name_key: searchKey(user.lastName),
    user_type: user.userType ?? null,
    country: user.country ?? null,
    email: user.email ?? null,
    email_key: user.email ? searchKey(user.email) : null,
    mobile: user.mobile ?? null,
    manager_id: user.manager ?? null,
    attributes: JSON.stringify(user.attributes),
    roles: user.roles,
    status: user.status,
    deleted: user.status === 'deleted',
    updated_at: user.updatedAt,
    version: user.version,
  };
}

/** One entry of the inverted index. */
export interface SearchValue {
  name: string;
  value: string;
}

/** The user's entries of `user_search_values`, as texts that compare. */
export function searchValues(user: Pick<User, 'roles' | 'attributes'>): Map<string, SearchValue> {
  const entries: SearchValue[] = user.roles.map(role => ({ name: 'roles', value: role }));
  for (const [name, value] of Object.entries(user.attributes)) {
    if (value !== null) entries.push({ name: attributeIndexName(name), value: attributeKey(value) });
  }
  return new Map(entries.map(entry => [`${entry.name}\n${entry.value}`, entry]));
}
