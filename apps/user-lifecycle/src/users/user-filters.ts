import { userStatusSchema } from '@countersign/contracts';
import { attributeIndexName, attributeKey } from '../attributes/attribute-values.js';
import type { AttributeCatalog, AttributeDefinition } from '../attributes/attribute.schema.js';
import {
  exactColumn,
  keyColumn,
  keyCondition,
  textValue,
  timeColumn,
  wordColumn,
  type FilterAttribute,
  type ResolveAttribute,
} from '../filtering/compile-filter.js';
import { filterUnsupported, type ScimOperator } from '../filtering/scim-filter.js';
import type { SortableField } from '../filtering/sort-order.js';

/** What the indexes of `users u` serve. */
const COLUMNS: Readonly<Record<string, FilterAttribute>> = {
  id: exactColumn('u.id'),
  login: keyColumn('u.login_key'),
  firstname: keyColumn('u.first_name_key'),
  lastname: keyColumn('u.last_name_key'),
  email: keyColumn('u.email_key'),
  mobile: exactColumn('u.mobile'),
  usertype: exactColumn('u.user_type'),
  country: exactColumn('u.country'),
  manager: exactColumn('u.manager_id'),
  status: wordColumn('u.status', userStatusSchema.options),
  createdat: timeColumn('u.created_at'),
  updatedat: timeColumn('u.updated_at'),
  assignedgroups: {
    operators: ['eq'],
    looksUp: true,
    sql: (_, value, bind, name) =>
      `u.id in (select m.user_id from group_members m join groups g on g.tenant_id = m.tenant_id and g.id = m.group_id
         where m.tenant_id = u.tenant_id and m.group_id = ${bind(textValue(value, name))} and g.deleted_at is null)`,
  },
  roles: {
    operators: ['eq'],
    looksUp: true,
    sql: (_, value, bind, name) => inIndex('roles', `v.value = ${bind(textValue(value, name))}`, bind),
  },
};

export const USER_SORTS: Readonly<Record<string, SortableField>> = {
  login: { columns: [{ sql: 'u.login_key', cast: 'text' }] },
  lastName: { columns: [{ sql: 'u.last_name_key', cast: 'text' }] },
  'lastName,firstName': {
    columns: [
      { sql: 'u.last_name_key', cast: 'text' },
      { sql: 'u.first_name_key', cast: 'text' },
    ],
  },
  createdAt: { columns: [{ sql: 'u.created_at', cast: 'timestamptz' }] },
  updatedAt: { columns: [{ sql: 'u.updated_at', cast: 'timestamptz' }] },
};

/** What `users u` is filtered by: the platform's attributes, and `attributes.<name>` of the tenant's catalogue. */
export function userFilterAttributes(catalog: AttributeCatalog): ResolveAttribute {
  const own = new Map(catalog.attributes.map(attribute => [`attributes.${attribute.name}`.toLowerCase(), attribute]));
  return path => {
    const name = path.toLowerCase();
    const definition = own.get(name);
    if (definition) return ownAttribute(definition);
    return Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
  };
}

const RANGE: readonly ScimOperator[] = ['gt', 'ge', 'lt', 'le'];
const SQL_RANGE: Partial<Record<ScimOperator, string>> = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' };

function ownAttribute(definition: AttributeDefinition): FilterAttribute {
  const index = attributeIndexName(definition.name);
  const { type } = definition;
  return {
    operators: type === 'string' ? ['eq', 'sw'] : type === 'date' ? ['eq', ...RANGE] : ['eq'],
    looksUp: true,
    sql: (operator, value, bind, name) => {
      if (type === 'string' || type === 'enum') {
        return inIndex(index, keyCondition('v.value', operator, textValue(value, name), bind, name), bind);
      }
      if (typeof value !== { number: 'number', boolean: 'boolean', date: 'string' }[type] || value === null) {
        throw filterUnsupported(`${name} is compared with a ${type}`);
      }
      return inIndex(
        index,
        `v.value ${SQL_RANGE[operator]!} ${bind(attributeKey(type === 'date' ? textValue(value, name) : value))}`,
        bind,
      );
    },
  };
}

function inIndex(index: string, condition: string, bind: (value: unknown) => string): string {
  return `u.id in (select v.user_id from user_search_values v
     where v.tenant_id = u.tenant_id and v.name = ${bind(index)} and ${condition})`;
}
