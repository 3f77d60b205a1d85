import { keepToIndexes, type TenantTransaction } from '@countersign/persistence';
import type { Page } from '@countersign/platform';
import type { Bind, Condition } from './conditions.js';
import { Keyset, type Position } from './sort-order.js';
import { gatherSql, probeSql, walkSql, type Listed } from './search-sql.js';

/** Up to so many matches of one condition are read and sorted at once, without trying the sort's index first. */
const FEW = 500;
/** Up to so many are read and sorted when the walk has not filled the page. */
const SOME = 20_000;
/** Up to so many are held as a set that the walk asks; of more it is probable that the walk meets them. */
const MANY = 50_000;
/** Rows of the sort's index that one page looks at. */
const WALK = 10_000;

/** One alternative of a filter: a part of the table in which all conditions hold. */
export interface Alternative {
  /** The part, as a condition on the alias `t`, which the indexes of every sort begin with. */
  slice: string;
  conditions: readonly Condition[];
}

export interface BoundedSearch {
  table: string;
  alternatives: readonly Alternative[];
  keyset: Keyset;
  cursor?: string | undefined;
  limit: number;
}

interface Row extends Position {
  /** False for the row at which a walk was broken off. */
  hit: boolean;
  /** Whether the walk was broken off here. */
  last: boolean;
}

/** What one alternative gave: its first rows, and how far it was looked at where that was not to the end. */
interface Found {
  rows: Position[];
  horizon?: Position;
}

/**
 * The first `limit` rows of a list, as work with a bound that does not depend on how large the table is. PostgreSQL alone
 * chooses between walking the sort's index and sorting what matches, by statistics; where they are wrong, or a condition is
 * rare, either reads the whole table. Here the conditions' indexes are asked first, up to a bound, how much matches:
 * - few: they are read and sorted;
 * - more: the sort's index is walked for up to WALK rows, and a row is kept if it is among what matches;
 * - if that does not fill the page and one condition has no more than SOME matches, they are read and sorted after all;
 * - else the page ends where the walk did: it can hold less than `limit`, even nothing, and the next one goes on from there.
 */
export async function boundedSearch(tx: TenantTransaction, search: BoundedSearch): Promise<Page<string>> {
  const { keyset, alternatives, limit } = search;
  const after = search.cursor === undefined ? undefined : keyset.read(search.cursor);
  await keepToIndexes(tx, { sorts: false });
  const found: Found[] = [];
  for (const alternative of alternatives) {
    found.push(await new AlternativeSearch(tx, { ...search, ...alternative, after }).execute());
  }
  const horizon = found
    .flatMap(one => one.horizon ?? [])
    .sort((a, b) => keyset.compare(a, b))
    .at(0);
  const rows = distinct(found.flatMap(one => one.rows))
    .filter(row => !horizon || keyset.compare(row, horizon) <= 0)
    .sort((a, b) => keyset.compare(a, b));
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? shown.at(-1) : horizon;
  return { data: shown.map(row => row.id), page: { next: next ? keyset.write(next) : null, limit } };
}

class AlternativeSearch {
  constructor(
    private readonly tx: TenantTransaction,
    private readonly listed: Listed,
  ) {}

  async execute(): Promise<Found> {
    const { conditions, keyset } = this.listed;
    const inOrder = (condition: Condition) => condition.inOrderOf === keyset.columns[0];
    // The sort's index answers a condition on its own first column.
    const own = conditions.filter(({ column }) => column?.name === keyset.columns[0]);
    const others = conditions.filter(condition => !own.includes(condition));
    if (others.length === 0) return this.walk(own, []);
    if (others.length === 1 && own.length === 0 && inOrder(others[0]!)) return this.walk(others, []);
    const counts = await this.probe(others);
    const byCount = others.map((condition, index) => ({ condition, count: counts[index]! }));
    const rarest = byCount.reduce((a, b) => (b.count < a.count ? b : a));
    const gather = () => this.gather(rarest.condition, conditions);
    if (rarest.count <= FEW) return gather();
    const base = own.length === 0 && inOrder(rarest.condition) ? [rarest.condition] : own;
    const walked = await this.walk(
      base,
      byCount.filter(({ condition }) => !base.includes(condition)),
    );
    return walked.horizon && rarest.count <= SOME ? gather() : walked;
  }

  /** How many rows each condition matches; MANY + 1 stands for more. */
  private async probe(conditions: readonly Condition[]): Promise<number[]> {
    const [row] = await this.query<{ counts: number[] }>(bind => probeSql(this.listed, conditions, MANY + 1, bind));
    return row!.counts;
  }

  private async gather(rarest: Condition, conditions: readonly Condition[]): Promise<Found> {
    const rest = conditions.filter(condition => condition !== rarest);
    return { rows: await this.query<Position>(bind => gatherSql(this.listed, rarest, rest, SOME + 1, bind)) };
  }

  private async walk(base: readonly Condition[], tests: { condition: Condition; count: number }[]): Promise<Found> {
    const sets = tests.filter(({ count }) => count <= MANY).map(({ condition }) => condition);
    const single = tests.filter(({ count }) => count > MANY).map(({ condition }) => condition);
    const rows = await this.query<Row>(bind =>
      walkSql(this.listed, { base, sets, single, walk: WALK, set: MANY + 1 }, bind),
    );
    const end = rows.at(-1);
    const hits = rows.filter(row => row.hit);
    return end?.last && hits.length <= this.listed.limit ? { rows: hits, horizon: end } : { rows: hits };
  }

  private query<T>(write: (bind: Bind) => string): Promise<T[]> {
    const parameters: unknown[] = [this.tx.tenantId];
    const sql = write(value => `$${parameters.push(value)}`);
    return this.tx.query<T>(sql, parameters);
  }
}

/** A row can match several alternatives. */
function distinct(rows: readonly Position[]): Position[] {
  return [...new Map(rows.map(row => [row.id, row])).values()];
}

/** The rows of a page, in its order. */
export function inPageOrder<Row extends { id: string }, T>(
  page: Page<string>,
  rows: readonly Row[],
  show: (row: Row) => T,
): Page<T> {
  const byId = new Map(rows.map(row => [row.id, row]));
  return { ...page, data: page.data.flatMap(id => byId.get(id) ?? []).map(show) };
}
