import { filterUnsupported, type ScimFilter, type ScimOperator, type ScimValue } from './scim-filter.js';
import { prefixRange, SEARCH_KEY_PREFIX, searchKey } from './search-key.js';

/** Adds a parameter to the statement and answers its placeholder, e.g. `$3`. */
export type Bind = (value: unknown) => string;

/** What an index serves of one attribute. */
export interface FilterAttribute {
  operators: readonly ScimOperator[];
  /** Whether the condition looks into another table: such ones are served in an `or` only as separate look-ups. */
  lookUp?: boolean;
  sql(operator: ScimOperator, value: ScimValue, bind: Bind, name: string): string;
}

export interface FilterTarget {
  resolve(path: string): FilterAttribute | undefined;
  /** The condition that a row is among those of any of the conditions, each looked up by itself. */
  anyOf?(conditions: readonly string[]): string;
}

/**
 * The SQL condition of a filter, every value a parameter. Only what the attributes' indexes serve is taken: `not` and `pr`
 * never are.
 * @throws DomainError 400 `filter_unsupported`, naming what is supported
 */
export function compileFilter(filter: ScimFilter, target: FilterTarget, bind: Bind): string {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const conditions = filter.items.map(item => compileFilter(item, target, bind));
      if (filter.kind === 'or' && target.anyOf && looksUp(filter, target)) return target.anyOf(conditions);
      return `(${conditions.join(` ${filter.kind} `)})`;
    }
    case 'not':
      throw filterUnsupported('not (…) cannot be answered from an index; filter for what you want instead');
    case 'present':
      throw filterUnsupported(`${filter.attribute} pr cannot be answered from an index; compare with a value instead`);
    case 'compare': {
      const { attribute: name, operator, value } = filter;
      const attribute = target.resolve(name);
      if (!attribute) throw filterUnsupported(`There is no filter on ${name} here`);
      if (!attribute.operators.includes(operator)) {
        throw filterUnsupported(`${name} can be filtered by ${attribute.operators.join(', ')}, not by ${operator}`);
      }
      return attribute.sql(operator, value, bind, name);
    }
  }
}

function looksUp(filter: ScimFilter, target: FilterTarget): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.items.some(item => looksUp(item, target));
  return filter.kind === 'compare' && target.resolve(filter.attribute)?.lookUp === true;
}

/** Whether the filter says anything of the attribute. */
export function mentions(filter: ScimFilter | undefined, attribute: string): boolean {
  if (!filter) return false;
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.items.some(item => mentions(item, attribute));
    case 'not':
      return mentions(filter.item, attribute);
    default:
      return filter.attribute.toLowerCase() === attribute;
  }
}

export function textValue(value: ScimValue, name: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw filterUnsupported(`${name} is compared with a text in double quotes`);
}

/** Compared as it stands. */
export function exactColumn(column: string): FilterAttribute {
  return { operators: ['eq'], sql: (_, value, bind, name) => `${column} = ${bind(textValue(value, name))}` };
}

/** Compared by its search key: without regard to case, also by what it starts with. */
export function keyColumn(column: string): FilterAttribute {
  return {
    operators: ['eq', 'sw'],
    sql: (operator, value, bind, name) => keyCondition(column, operator, textValue(value, name), bind, name),
  };
}

export function keyCondition(column: string, operator: ScimOperator, text: string, bind: Bind, name: string): string {
  const key = searchKey(text);
  if (operator === 'eq') return `${column} = ${bind(key)}`;
  if (key.length > SEARCH_KEY_PREFIX)
    throw filterUnsupported(`${name} sw takes at most ${SEARCH_KEY_PREFIX} characters`);
  const { from, to } = prefixRange(key);
  return `(${column} >= ${bind(from)} and ${column} < ${bind(to)})`;
}

const SQL_OPERATORS: Partial<Record<ScimOperator, string>> = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' };
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** A point in time, compared with an RFC 3339 text. */
export function timeColumn(column: string): FilterAttribute {
  return {
    operators: ['eq', 'gt', 'ge', 'lt', 'le'],
    sql: (operator, value, bind, name) => {
      const text = textValue(value, name);
      const time = new Date(TIME.test(text) ? text : Number.NaN);
      const year = time.getUTCFullYear();
      if (!(year >= 1 && year <= 9999)) {
        throw filterUnsupported(`${name} is compared with an RFC 3339 time such as "2026-01-31T12:00:00Z"`);
      }
      return `${column} ${SQL_OPERATORS[operator]!} ${bind(time.toISOString())}::timestamptz`;
    },
  };
}

/** One of a closed list of words. */
export function wordColumn(column: string, words: readonly string[]): FilterAttribute {
  return {
    operators: ['eq', 'ne'],
    sql: (operator, value, bind, name) => {
      if (!words.includes(value as string)) throw filterUnsupported(`${name} is one of ${words.join(', ')}`);
      const wanted = operator === 'eq' ? [value] : words.filter(word => word !== value);
      return `${column} = any(${bind(wanted)}::text[])`;
    },
  };
}
