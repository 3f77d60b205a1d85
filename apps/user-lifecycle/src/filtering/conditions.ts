import { filterUnsupported, type ScimOperator, type ScimValue } from './scim-filter.js';
import { prefixRange, SEARCH_KEY_PREFIX, searchKey } from './search-key.js';

/** Adds a parameter to the statement and answers its placeholder, e.g. `$3`; `$1` is always the tenant. */
export type Bind = (value: unknown) => string;

/** One comparison of a filter, as the SQL of whoever asks it. */
export interface Condition {
  /**
   * From one index: `select … as id from …`, without an order, of what matches.
   * @param slice the part of the table that is listed, as a condition on its alias `t`
   */
  ids(bind: Bind, slice: string): string;
  /** The order in which the index gives them. A statement that asks for it is answered from no other index. */
  order: string;
  /** The column of the listed table that is compared, and the comparison; none when it looks into another table. */
  column?: { name: string; sql(column: string, bind: Bind): string };
  /** The sort column in whose order the index gives the rows that match, besides the compared column itself. */
  inOrderOf?: string;
  /** The values of a closed list that match. */
  words?: readonly string[];
}

/** What an index serves of one attribute. */
export interface FilterAttribute {
  operators: readonly ScimOperator[];
  /** @throws DomainError 400 `filter_unsupported` for a value that the attribute is not compared with */
  condition(operator: ScimOperator, value: ScimValue, name: string): Condition;
}

/** The attributes of a list by their name in the API. */
export type FilterAttributes = Readonly<Record<string, FilterAttribute>>;

/** A column with the index that serves it: of the whole table, or (`sliced`) of the part that is listed. */
export interface IndexedColumn {
  table: string;
  name: string;
  /** Columns of the index after the compared one; the id when absent. */
  then?: readonly string[];
  sliced?: boolean;
}

export function textValue(value: ScimValue, name: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw filterUnsupported(`${name} is compared with a text in double quotes`);
}

function columnCondition(
  { table, name, then = ['id'], sliced }: IndexedColumn,
  sql: (column: string, bind: Bind) => string,
): Condition {
  return {
    ids: (bind, slice) =>
      `select t.id from ${table} t where t.tenant_id = $1 and ${sliced ? slice : 'true'} and ${sql(`t.${name}`, bind)}`,
    order: [name, ...then].map(column => `t.${column}`).join(', '),
    column: { name, sql },
  };
}

/** Compared as it stands. */
export function exactColumn(column: IndexedColumn): FilterAttribute {
  return {
    operators: ['eq'],
    condition: (_, value, name) => {
      const text = textValue(value, name);
      const condition = columnCondition(column, (sql, bind) => `${sql} = ${bind(text)}`);
      return column.then ? { ...condition, inOrderOf: column.then[0]! } : condition;
    },
  };
}

/** Compared by its search key: without regard to case, also by what it starts with. */
export function keyColumn(column: IndexedColumn): FilterAttribute {
  return {
    operators: ['eq', 'sw'],
    condition: (operator, value, name) =>
      columnCondition(column, keyComparison(operator, textValue(value, name), name)),
  };
}

/** The comparison of a column of search keys. */
export function keyComparison(operator: ScimOperator, text: string, name: string) {
  const key = searchKey(text);
  if (operator === 'eq') return (column: string, bind: Bind) => `${column} = ${bind(key)}`;
  if (key.length > SEARCH_KEY_PREFIX)
    throw filterUnsupported(`${name} sw takes at most ${SEARCH_KEY_PREFIX} characters`);
  return prefixComparison(key);
}

function prefixComparison(prefix: string) {
  const { from, to } = prefixRange(prefix);
  return (column: string, bind: Bind) => `(${column} >= ${bind(from)} and ${column} < ${bind(to)})`;
}

/** Compared as it stands, also by what it starts with. */
export function codeColumn(column: IndexedColumn): FilterAttribute {
  const exact = exactColumn(column);
  return {
    operators: ['eq', 'sw'],
    condition: (operator, value, name) =>
      operator === 'eq'
        ? exact.condition(operator, value, name)
        : columnCondition(column, prefixComparison(textValue(value, name))),
  };
}

const SQL_OPERATORS: Partial<Record<ScimOperator, string>> = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' };

/** The SQL of an operator that compares by order. */
export function orderOperator(operator: ScimOperator): string {
  return SQL_OPERATORS[operator]!;
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** A point in time, compared with an RFC 3339 text. */
export function timeColumn(column: IndexedColumn): FilterAttribute {
  return {
    operators: ['eq', 'gt', 'ge', 'lt', 'le'],
    condition: (operator, value, name) => {
      const text = textValue(value, name);
      const time = new Date(TIME.test(text) ? text : Number.NaN);
      const year = time.getUTCFullYear();
      if (!(year >= 1 && year <= 9999)) {
        throw filterUnsupported(`${name} is compared with an RFC 3339 time such as "2026-01-31T12:00:00Z"`);
      }
      const at = time.toISOString();
      return columnCondition(column, (sql, bind) => `${sql} ${orderOperator(operator)} ${bind(at)}::timestamptz`);
    },
  };
}

/** One of a closed list of words. */
export function wordColumn(column: IndexedColumn, words: readonly string[]): FilterAttribute {
  return {
    operators: ['eq', 'ne'],
    condition: (operator, value, name) => {
      if (!words.includes(value as string)) throw filterUnsupported(`${name} is one of ${words.join(', ')}`);
      const wanted = words.filter(word => (word === value) === (operator === 'eq'));
      return {
        ...columnCondition(column, (sql, bind) => `${sql} = any(${bind(wanted)}::text[])`),
        words: wanted,
      };
    },
  };
}
