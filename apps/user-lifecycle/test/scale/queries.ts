import type { AUDIT_FILTERS } from '../../src/audit/audit-filters.js';
import type { FilterAttribute } from '../../src/filtering/conditions.js';
import { Keyset, parseSort, type SortableField } from '../../src/filtering/sort-order.js';
import type { GROUP_FILTERS } from '../../src/groups/group-filters.js';
import type { USER_FILTERS } from '../../src/users/user-filters.js';
import { userId, type CATALOG } from './fill.js';

/** Values of each attribute: common, in between, rare, none. */
export const USER_VALUES = {
  id: [userId(500_000)], login: ['p', 'p50', 'p500000'], firstName: ['a', 'chana', 'zz'], lastName: ['s', 'sha', 'sharma-7'],
  email: ['k', 'k77', 'nobody'], mobile: ['+12000400000'], userType: ['Employee', 'Partner', 'Board'],
  country: ['India', 'Peru', 'Nepal', 'Nauru'], manager: [userId(77), 'usr_none'], status: ['active', 'disabled', 'staged', 'deleted'],
  createdAt: ['2026-01-01T00:05:00Z', '2026-01-12T10:00:00Z'], updatedAt: ['2026-02-01T00:00:30Z', '2026-02-20T00:00:00Z'],
  assignedGroups: ['grp_000001', 'grp_000002', 'grp_000900', 'grp_none'], roles: ['USER', 'HELPDESK', 'ORG_ADMIN', 'AUDITOR'],
} satisfies Record<keyof typeof USER_FILTERS, string[]>; // prettier-ignore
export const OWN_VALUES = {
  badge: ['b-', 'b-77', 'b-500000'], grade: ['G7'], floor: [21], remote: [true, false], hired: ['2000-01-03', '2012-06-05', '2024-08-20'],
} satisfies Record<(typeof CATALOG)[number]['name'], (string | number | boolean)[]>; // prettier-ignore
export const GROUP_VALUES = {
  id: ['grp_000900'], name: ['group', 'group 77', 'group 900'], createdAt: ['2026-01-01T01:00:00Z', '2026-01-20T00:00:00Z'],
} satisfies Record<keyof typeof GROUP_FILTERS, string[]>; // prettier-ignore
export const AUDIT_VALUES = {
  id: ['aud_000300000'], at: ['2026-01-01T00:05:00Z', '2026-01-03T00:00:00Z'], action: ['user.created', 'user.', 'user.deleted', 'grou'],
  'actor.id': ['usr_importer', 'usr_early', userId(500)], 'target.id': [userId(200_000)], 'target.type': ['user', 'group', 'none'],
  traceId: ['import', 'c4ca4238a0b923820dcc509a6f75849b'],
} satisfies Record<keyof typeof AUDIT_FILTERS, string[]>; // prettier-ignore

/** Where the deep pages begin: somewhere in the middle. */
const DEEP: Record<string, string> = {
  login_key: 'm500000', last_name_key: 'pe', first_name_key: 'm', created_at: '2026-01-03T12:00:00.000Z',
  updated_at: '2026-02-12T00:00:00.000Z', name_key: 'group 5', at: '2026-01-03T12:00:00.000Z',
}; // prettier-ignore

/** One page of a list, as it is asked for. */
export interface Query {
  filter?: string;
  sort?: string;
  cursor?: string;
  limit: number;
}

/** Each documented comparison, with each of the values. */
export function comparisons(
  attributes: Readonly<Record<string, Pick<FilterAttribute, 'operators'>>>,
  values: Readonly<Record<string, readonly unknown[]>>,
): string[] {
  const valuesOf = (name: string) => {
    const known = values[name];
    if (!known) throw new Error(`Name values of ${name} here, so that its plans are read`);
    return known;
  };
  return Object.entries(attributes).flatMap(([name, { operators }]) =>
    operators.flatMap(operator => valuesOf(name).map(value => `${name} ${operator} ${JSON.stringify(value)}`)),
  );
}

/** Each sort, from the beginning in one direction and from the middle in the other. */
export function pagesOf(sorts: Readonly<Record<string, SortableField>>, filter: string | undefined): Query[] {
  const base = { ...(filter === undefined ? {} : { filter }), limit: 50 };
  return Object.entries(sorts).flatMap(([sort, { columns }]) => {
    const down = sort.split(',').map(name => `-${name}`).join(','); // prettier-ignore
    const position = { key: columns.map(({ name }) => DEEP[name]!), id: '' };
    const cursor = new Keyset(parseSort(down, sorts, ''), filter).write(position);
    return [
      { ...base, sort },
      { ...base, sort: down, cursor },
    ];
  });
}
