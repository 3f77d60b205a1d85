import { createHash } from 'node:crypto';
import { cursorTimeSchema, decodeCursor, encodeCursor, type Page } from '@countersign/platform';
import { z } from 'zod';
import type { Bind } from './compile-filter.js';
import { filterUnsupported } from './scim-filter.js';

/** A sort that an index serves: its columns in order, before the id that breaks ties. */
export interface SortableField {
  columns: readonly { sql: string; cast: 'text' | 'timestamptz' }[];
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

const cursorSchema = z.strictObject({ q: z.string(), k: z.array(z.string()), id: z.string() });
/** PostgreSQL's text of a time in UTC with milliseconds, which is all that the columns keep. */
const TIME_FORMAT = `YYYY-MM-DD"T"HH24:MI:SS.MS"Z"`;

/**
 * Keyset pages: a cursor holds the sort key of the last row shown and the digest of filter and sort, so that it cannot be
 * used with another question.
 */
export class Keyset {
  private readonly question: string;

  constructor(
    private readonly order: SortOrder,
    private readonly idColumn: string,
    ...question: (string | undefined)[]
  ) {
    this.question = createHash('sha256')
      .update(JSON.stringify([order, question]))
      .digest('base64url')
      .slice(0, 16);
  }

  /** Selected beside the row, under the name `sort_key`. */
  get selection(): string {
    const parts = this.order.columns.map(({ sql, cast }) =>
      cast === 'timestamptz' ? `to_char(${sql} at time zone 'UTC', '${TIME_FORMAT}')` : sql,
    );
    return `array[${parts.join(', ')}]::text[] as sort_key`;
  }

  get orderBy(): string {
    const direction = this.order.descending ? ' desc' : '';
    return [...this.order.columns.map(({ sql }) => sql), this.idColumn].map(column => column + direction).join(', ');
  }

  /** The condition of the rows after the cursor; `true` without one. @throws DomainError 400 for a cursor that is none of ours */
  after(cursor: string | undefined, bind: Bind): string {
    if (cursor === undefined) return 'true';
    const { k, id } = decodeCursor(
      cursor,
      cursorSchema.refine(value => this.isOurs(value)),
    );
    const columns = [...this.order.columns.map(({ sql }) => sql), this.idColumn].join(', ');
    const values = this.order.columns.map(({ cast }, index) => `${bind(k[index])}::${cast}`);
    return `(${columns}) ${this.order.descending ? '<' : '>'} (${[...values, bind(id)].join(', ')})`;
  }

  /** A cursor is the client's to forge: what it holds must be what the database can read. */
  private isOurs({ q, k, id }: z.output<typeof cursorSchema>): boolean {
    const { columns } = this.order;
    if (q !== this.question || k.length !== columns.length || [...k, id].some(text => text.includes('\0')))
      return false;
    return columns.every(({ cast }, index) => cast === 'text' || cursorTimeSchema.safeParse(k[index]).success);
  }

  /** Of limit + 1 rows that were read, the page. */
  page<Row extends { id: string; sort_key: string[] }, T>(rows: Row[], limit: number, show: (row: Row) => T): Page<T> {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last ? encodeCursor({ q: this.question, k: last.sort_key, id: last.id }) : null;
    return { data: shown.map(show), page: { next, limit } };
  }
}
