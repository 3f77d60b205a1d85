import { createHash } from 'node:crypto';
import { cursorTimeSchema, decodeCursor, encodeCursor } from '@countersign/platform';
import { z } from 'zod';
import type { Bind } from './conditions.js';
import { filterUnsupported } from './scim-filter.js';

/** A sort that an index serves: its columns in order, before the id that breaks ties. */
export interface SortableField {
  columns: readonly { name: string; cast: 'text' | 'timestamptz' }[];
}

export interface SortOrder extends SortableField {
  descending: boolean;
}

/**
 * Reads `sort=field` or `sort=-field`; several fields (`lastName,firstName`) where an index holds them in that order, all in
 * one direction.
 * @throws DomainError 400 `filter_unsupported`
 */
export function parseSort(
  sort: string | undefined,
  fields: Readonly<Record<string, SortableField>>,
  otherwise: string,
): SortOrder {
  const names = (sort ?? otherwise).split(',').map(name => name.trim());
  const descending = names[0]!.startsWith('-');
  const plain = names.map(name => name.replace(/^[-+]/, '')).join(',');
  const field = Object.hasOwn(fields, plain) ? fields[plain] : undefined;
  if (!field || names.some(name => name.startsWith('-') !== descending)) {
    throw filterUnsupported(
      `Lists are sorted by one of ${Object.keys(fields).join(' | ')}, with a - before each field for the other direction`,
      'sort',
    );
  }
  return { ...field, descending };
}

/** What a list can be sorted by, for the API's description. */
export function describeSorts(fields: Readonly<Record<string, SortableField>>, otherwise: string): string {
  return `${Object.keys(fields).join(' | ')}; a - before each field turns it round; ${otherwise} when absent`;
}

/** Where a row stands in the order: the texts of its sort columns and its id. */
export interface Position {
  key: string[];
  id: string;
}

const cursorSchema = z.strictObject({ q: z.string(), k: z.array(z.string()), id: z.string() });
/** PostgreSQL's text of a time in UTC with milliseconds, which is all that the columns keep. */
const TIME_FORMAT = `YYYY-MM-DD"T"HH24:MI:SS.MS"Z"`;

/**
 * Keyset pages: a cursor holds the position of the last row that was looked at and the digest of filter and sort, so that it
 * cannot be used with another question. The columns are those of whatever alias stands for the listed table.
 */
export class Keyset {
  private readonly question: string;

  constructor(
    private readonly order: SortOrder,
    ...question: (string | undefined)[]
  ) {
    this.question = createHash('sha256')
      .update(JSON.stringify([order, question]))
      .digest('base64url')
      .slice(0, 16);
  }

  /** The sort columns and the id. */
  get columns(): string[] {
    return [...this.order.columns.map(({ name }) => name), 'id'];
  }

  /** The position of a row, under the name `key`. */
  selection(alias: string): string {
    const parts = this.order.columns.map(({ name, cast }) =>
      cast === 'timestamptz' ? `to_char(${alias}.${name} at time zone 'UTC', '${TIME_FORMAT}')` : `${alias}.${name}`,
    );
    return `array[${parts.join(', ')}]::text[] as key`;
  }

  orderBy(alias: string): string {
    const direction = this.order.descending ? ' desc' : '';
    return this.columns.map(name => `${alias}.${name}${direction}`).join(', ');
  }

  /** The position that a cursor stands for. @throws DomainError 400 for a cursor that is none of ours */
  read(cursor: string): Position {
    const { k, id } = decodeCursor(
      cursor,
      cursorSchema.refine(value => this.isOurs(value)),
    );
    return { key: k, id };
  }

  write({ key, id }: Position): string {
    return encodeCursor({ q: this.question, k: key, id });
  }

  /** The condition of the rows after the position; `true` without one. */
  after(position: Position | undefined, alias: string, bind: Bind): string {
    if (!position) return 'true';
    const columns = this.columns.map(name => `${alias}.${name}`).join(', ');
    const values = this.order.columns.map(({ cast }, index) => `${bind(position.key[index])}::${cast}`);
    return `(${columns}) ${this.order.descending ? '<' : '>'} (${[...values, bind(position.id)].join(', ')})`;
  }

  /** Compares as the database does: the collation "C" orders by bytes, and a time's text by time. */
  compare(a: Position, b: Position): number {
    for (const [left, right] of [...a.key, a.id].map((text, index) => [text, [...b.key, b.id][index]!] as const)) {
      const order = Buffer.compare(Buffer.from(left), Buffer.from(right));
      if (order !== 0) return this.order.descending ? -order : order;
    }
    return 0;
  }

  /** A cursor is the client's to forge: what it holds must be what the database can read. */
  private isOurs({ q, k, id }: z.output<typeof cursorSchema>): boolean {
    const { columns } = this.order;
    if (q !== this.question || k.length !== columns.length || [...k, id].some(text => text.includes('\0')))
      return false;
    return columns.every(({ cast }, index) => cast === 'text' || cursorTimeSchema.safeParse(k[index]).success);
  }
}
