import type { Bind, Condition } from './conditions.js';
import type { Keyset, Position } from './sort-order.js';

/** The part of a table in which an alternative of a filter looks, and where it begins. */
export interface Listed {
  table: string;
  slice: string;
  conditions: readonly Condition[];
  keyset: Keyset;
  after: Position | undefined;
  limit: number;
}

export interface Walk {
  /** Conditions that the walked index answers. */
  base: readonly Condition[];
  /** Conditions whose matches, at most `set`, are read first. */
  sets: readonly Condition[];
  /** Conditions that are asked of each row. */
  single: readonly Condition[];
  /** Rows that are looked at. */
  walk: number;
  set: number;
}

/** The ids that match, at most `limit`, in the index's order: what keeps the planner from any other index. */
function firstIds({ slice }: Listed, condition: Condition, limit: number, bind: Bind): string {
  return `${condition.ids(bind, slice)} order by ${condition.order} limit ${limit}`;
}

/** Answers `counts`: of each condition how many rows match, counted no further than `limit`. */
export function probeSql(listed: Listed, conditions: readonly Condition[], limit: number, bind: Bind): string {
  const counts = conditions.map(
    condition => `(select count(*)::int from (${firstIds(listed, condition, limit, bind)}) m)`,
  );
  return `select array[${counts.join(', ')}] as counts`;
}

/**
 * Reads the matches of one condition, drops those that fail another, sorts. Each is looked up by its id (lateral, limit 1):
 * a join could as well read the table from end to end.
 */
export function gatherSql(
  listed: Listed,
  { ids, order, column }: Condition,
  rest: readonly Condition[],
  limit: number,
  bind: Bind,
): string {
  const { table, slice, keyset, after } = listed;
  const columns = columnsOf(listed, rest).map(name => `t.${name}`);
  const source = column
    ? `select ${columns.join(', ')} from ${table} t
        where t.tenant_id = $1 and ${slice} and ${column.sql(`t.${column.name}`, bind)} order by ${order} limit ${limit}`
    : `select w.* from (${ids(bind, slice)} order by ${order} limit ${limit}) m
        cross join lateral (select ${columns.join(', ')} from ${table} t where t.tenant_id = $1 and t.id = m.id and ${slice} limit 1) w`;
  const tests = rest.map(condition => rowTest(listed, condition, bind));
  return `select w.id, ${keyset.selection('w')} from (${source}) w
    where ${[...tests, keyset.after(after, 'w', bind)].join(' and ')} order by ${keyset.orderBy('w')} limit ${listed.limit + 1}`;
}

/**
 * Walks an index in the order of the sort. Answers the rows that pass, and the one where the walk was broken off (`last`),
 * which need not (`hit`). The window keeps the order, so that the walk ends as soon as the page is full.
 */
export function walkSql(listed: Listed, { base, sets, single, walk, set }: Walk, bind: Bind): string {
  const { table, slice, keyset, after, limit } = listed;
  const where = ['t.tenant_id = $1', slice, ...base.map(({ column }) => column!.sql(`t.${column!.name}`, bind))];
  const walked = `select ${columnsOf(listed, single)
    .map(name => `t.${name}`)
    .join(', ')} from ${table} t
    where ${[...where, keyset.after(after, 't', bind)].join(' and ')} order by ${keyset.orderBy('t')}`;
  if (sets.length + single.length === 0) {
    return `select t.id, ${keyset.selection('t')}, true as hit, false as last from (${walked} limit ${limit + 1}) t
      order by ${keyset.orderBy('t')}`;
  }
  const tests = [
    ...sets.map(condition => `w.id in (${firstIds(listed, condition, set, bind)})`),
    ...single.map(condition => rowTest(listed, condition, bind)),
  ];
  return `select s.id, ${keyset.selection('s')}, s.hit, s.n = ${walk} as last from (
      select w.*, (${tests.join(' and ')}) as hit, row_number() over (order by ${keyset.orderBy('w')}) as n
        from (${walked} limit ${walk}) w) s
    where s.hit or s.n = ${walk} order by ${keyset.orderBy('s')} limit ${limit + 1}`;
}

/** Whether the row `w` meets the condition; asked of another table by the row's id (limit 1: never all of it for a hash). */
function rowTest({ slice }: Listed, { column, ids }: Condition, bind: Bind): string {
  if (column) return column.sql(`w.${column.name}`, bind);
  return `(select true from (${ids(bind, slice)}) m where m.id = w.id limit 1) is not null`;
}

/** The columns that position a row and those that its conditions compare: no others, so that an index can be enough. */
function columnsOf({ keyset }: Listed, conditions: readonly Condition[]): string[] {
  return [...new Set([...keyset.columns, ...conditions.flatMap(({ column }) => column?.name ?? [])])];
}
