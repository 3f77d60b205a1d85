import { DomainError } from '@countersign/kernel';
import { z } from 'zod';
import { malformed, unstorableTexts } from './validation.js';

/** `?limit=&cursor=` of every list; extend it with `filter` and `sort` where the resource has them. */
export const listQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2000).optional(),
});

export interface Page<T> {
  data: T[];
  page: { next: string | null; limit: number };
}

export function pageSchema<Schema extends z.ZodType>(item: Schema) {
  return z.object({ data: z.array(item), page: z.object({ next: z.string().nullable(), limit: z.number().int() }) });
}

/** An opaque cursor over the values of the sort key of the last row shown. */
export function encodeCursor(values: unknown): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** A time in a cursor: PostgreSQL knows no year 0. */
export const cursorTimeSchema = z.iso.datetime().refine(time => !time.startsWith('0000'), 'there is no year 0');

/**
 * A cursor is the client's to forge: what the schema lets through must be what the database can read.
 * @throws DomainError 400 `malformed_request` for a cursor that is none of ours
 */
export function decodeCursor<Schema extends z.ZodType>(cursor: string, schema: Schema): z.output<Schema> {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (unstorableTexts(values).length > 0) throw new Error('no text of ours');
    return schema.parse(values);
  } catch {
    throw malformed([
      {
        pointer: '?cursor',
        code: 'invalid_cursor',
        message: 'Send the page.next of the page before, with the same filter and sort',
      },
    ]);
  }
}

/** Of limit+1 rows that were read, the page and the cursor of the next one. */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  show: (row: Row) => T,
  cursorOf: (row: Row) => unknown,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(show),
    page: { next: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null, limit },
  };
}

/** The entity tag of a version: strong, because the version changes with every change of the resource. */
export function etagOf(version: number | string): string {
  return `"${version}"`;
}

/** @throws DomainError 412 `stale_version` when If-Match is given and names another version (RFC 9110 §13.1.1) */
export function checkIfMatch(ifMatch: string | undefined, version: number | string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map(tag => tag.trim());
  if (!tags.includes(etagOf(version))) {
    throw new DomainError(
      'stale_version',
      'stale',
      'The resource has changed since; read it again and repeat the change',
    );
  }
}
