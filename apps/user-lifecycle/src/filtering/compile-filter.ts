import { filterUnsupported, type ScimFilter, type ScimOperator, type ScimValue } from './scim-filter.js';
import { prefixRange, SEARCH_KEY_PREFIX, searchKey } from './search-key.js';

/** Adds a parameter to the statement and answers its placeholder, e.g. `$3`. */
export type Bind = (value: unknown) => string;

/** What an index serves of one attribute. */
export interface FilterAttribute {
  operators: readonly ScimOperator[];
  /** Whether the condition looks into another table: no index answers an `or` with such a one as a whole. */
  looksUp?: boolean;
  sql(operator: ScimOperator, value: ScimValue, bind: Bind, name: string): string;
}

export type ResolveAttribute = (path: string) => FilterAttribute | undefined;

/**
 * The SQL condition of a filter, every value a parameter. Only what the attributes' indexes serve is taken: `not` and `pr`
 * never are.
 * @throws DomainError 400 `filter_unsupported`, naming what is supported
 */
export function compileFilter(filter: ScimFilter, resolve: ResolveAttribute, bind: Bind): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.items.map(item => compileFilter(item, resolve, bind)).join(` ${filter.kind} `)})`;
    case 'not':
      throw filterUnsupported('not (…) cannot be answered from an index; filter for what you want instead');
    case 'present':
      throw filterUnsupported(`${filter.attribute} pr cannot be answered from an index; compare with a value instead`);
    case 'compare': {
      const { attribute: name, operator, value } = filter;
      const attribute = resolve(name);
      if (!attribute) throw filterUnsupported(`There is no filter on ${name} here`);
      if (!attribute.operators.includes(operator)) {
        throw filterUnsupported(`${name} can be filtered by ${attribute.operators.join(', ')}, not by ${operator}`);
      }
      return attribute.sql(operator, value, bind, name);
    }
  }
}

/** Most alternatives that a filter may come to. */
const MAX_ALTERNATIVES = 20;

/**
 * A filter as alternatives without `or`, where one of its attributes looks into another table: each alternative is then
 * answered from indexes by itself. Any other filter is its own only alternative.
 * @throws DomainError 400 `filter_unsupported` when there are more than twenty
 */
export function alternativesOf(filter: ScimFilter, resolve: ResolveAttribute): ScimFilter[] {
  return looksUp(filter, resolve) ? disjuncts(filter) : [filter];
}

function disjuncts(filter: ScimFilter): ScimFilter[] {
  if (filter.kind === 'or') return bounded(filter.items.flatMap(disjuncts));
  if (filter.kind !== 'and') return [filter];
  let all: ScimFilter[][] = [[]];
  for (const item of filter.items) {
    const options = disjuncts(item);
    all = bounded(all.flatMap(items => options.map(option => [...items, option])));
  }
  return all.map(items => ({ kind: 'and', items }));
}

function bounded<T>(alternatives: T[]): T[] {
  if (alternatives.length <= MAX_ALTERNATIVES) return alternatives;
  throw filterUnsupported(`The filter comes to more than ${MAX_ALTERNATIVES} alternatives; ask in several requests`);
}

function looksUp(filter: ScimFilter, resolve: ResolveAttribute): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.items.some(item => looksUp(item, resolve));
  return filter.kind === 'compare' && resolve(filter.attribute)?.looksUp === true;
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
