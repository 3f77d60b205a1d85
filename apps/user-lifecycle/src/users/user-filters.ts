import { userStatusSchema } from '@countersign/contracts';
import { attributeIndexName, attributeKey } from '../attributes/attribute-values.js';
import type { AttributeCatalog, AttributeDefinition } from '../attributes/attribute.schema.js';
import { byName, type ResolveAttribute } from '../filtering/alternatives.js';
import {
  exactColumn,
  keyColumn,
  keyComparison,
  orderOperator,
  textValue,
  timeColumn,
  wordColumn,
  type Bind,
  type Condition,
  type FilterAttribute,
  type FilterAttributes,
  type IndexedColumn,
} from '../filtering/conditions.js';
import { filterUnsupported, type ScimOperator, type ScimValue } from '../filtering/scim-filter.js';
import type { SortableField } from '../filtering/sort-order.js';

/** A column that an index of all users begins with. */
const indexed = (name: string): IndexedColumn => ({ table: 'users', name });
/** A column that the index of a sort begins with, after `deleted`. */
const sorted = (name: string, ...then: string[]): IndexedColumn => ({
  table: 'users',
  name,
  sliced: true,
  ...(then.length > 0 ? { then } : {}),
});

/** What users are filtered by besides the tenant's own attributes. */
export const USER_FILTERS = {
  id: exactColumn({ table: 'users', name: 'id', then: [] }),
  login: keyColumn(sorted('login_key')),
  firstName: keyColumn(indexed('first_name_key')),
  lastName: keyColumn(sorted('last_name_key', 'first_name_key', 'id')),
  email: keyColumn(indexed('email_key')),
  mobile: exactColumn(indexed('mobile')),
  userType: exactColumn(indexed('user_type')),
  country: exactColumn(indexed('country')),
  manager: exactColumn(indexed('manager_id')),
  status: wordColumn(indexed('status'), userStatusSchema.options),
  createdAt: timeColumn(sorted('created_at')),
  updatedAt: timeColumn(sorted('updated_at')),
  assignedGroups: {
    operators: ['eq'],
    condition: (_, value, name) => inGroup(textValue(value, name)),
  },
  roles: {
    operators: ['eq'],
    condition: (_, value, name) => {
      const role = textValue(value, name);
      return inIndex('roles', (column, bind) => `${column} = ${bind(role)}`);
    },
  },
} as const satisfies FilterAttributes;

const BY_NAME: SortableField = {
  columns: [
    { name: 'last_name_key', cast: 'text' },
    { name: 'first_name_key', cast: 'text' },
  ],
};

/** Namesakes come by first name also where only the last name was asked for: the index has no other order to give. */
export const USER_SORTS: Readonly<Record<string, SortableField>> = {
  login: { columns: [{ name: 'login_key', cast: 'text' }] },
  lastName: BY_NAME,
  'lastName,firstName': BY_NAME,
  createdAt: { columns: [{ name: 'created_at', cast: 'timestamptz' }] },
  updatedAt: { columns: [{ name: 'updated_at', cast: 'timestamptz' }] },
};
export const DEFAULT_USER_SORT = 'createdAt';

const own = byName(USER_FILTERS);

/** What users are filtered by: the platform's attributes, and `attributes.<name>` of the tenant's catalogue. */
export function userFilterAttributes(catalog: AttributeCatalog): ResolveAttribute {
  const tenants = byName(
    Object.fromEntries(
      catalog.attributes.map(definition => [attributeIndexName(definition.name), ownAttribute(definition)]),
    ),
  );
  return path => own(path) ?? tenants(path);
}

/** The operators that the index serves for each type of the tenant's attributes. */
export const ATTRIBUTE_OPERATORS: Readonly<Record<AttributeDefinition['type'], readonly ScimOperator[]>> = {
  string: ['eq', 'sw'],
  enum: ['eq'],
  number: ['eq'],
  boolean: ['eq'],
  date: ['eq', 'gt', 'ge', 'lt', 'le'],
};

function ownAttribute({ name: attribute, type }: AttributeDefinition): FilterAttribute {
  const index = attributeIndexName(attribute);
  return {
    operators: ATTRIBUTE_OPERATORS[type],
    condition: (operator, value, name) => {
      if (type === 'string' || type === 'enum')
        return inIndex(index, keyComparison(operator === 'sw' ? 'sw' : 'eq', textValue(value, name), name));
      const key = typedKey(type, value, name);
      return inIndex(index, (column, bind) => `${column} ${orderOperator(operator)} ${bind(key)}`);
    },
  };
}

function typedKey(type: 'number' | 'boolean' | 'date', value: ScimValue, name: string): string {
  if (value === null || typeof value !== { number: 'number', boolean: 'boolean', date: 'string' }[type])
    throw filterUnsupported(`${name} is compared with a ${type}`);
  return attributeKey(type === 'date' ? textValue(value, name) : value);
}

function inIndex(name: string, compare: (column: string, bind: Bind) => string): Condition {
  return {
    ids: bind =>
      `select v.user_id as id from user_search_values v where v.tenant_id = $1 and v.name = ${bind(name)} and ${compare('v.value', bind)}`,
    order: 'v.value, v.user_id',
  };
}

/** Members of the group, unless it is being deleted. */
function inGroup(groupId: string): Condition {
  return {
    ids: bind => {
      const group = bind(groupId);
      return `select m.user_id as id from group_members m where m.tenant_id = $1 and m.group_id = ${group}
        and exists (select from groups g where g.tenant_id = $1 and g.id = ${group} and g.deleted_at is null)`;
    },
    order: 'm.user_id',
  };
}
