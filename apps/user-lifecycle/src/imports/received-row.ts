import type { FieldError } from '@countersign/kernel';
import { unstorableTexts } from '@countersign/platform';

/** One row of a file, as it is kept until its turn. */
export interface ReceivedRow {
  /** The line where it begins, counted from 1. */
  line: number;
  content: RowContent;
}

/** What the API would take for one user, not validated yet; or why the row stands for nothing. */
export type RowContent = { body: unknown } | { errors: FieldError[] };

/** Longest row, in bytes of a CSV and characters of NDJSON. */
export const MAX_ROW_BYTES = 1024 * 1024;

/** The content, unless the database could not keep it. */
export function contentOf(body: unknown): RowContent {
  const errors = unstorableTexts(body);
  return errors.length > 0 ? { errors } : { body };
}

export function faultyRow(code: string, message: string): RowContent {
  return { errors: [{ pointer: '', code, message }] };
}
