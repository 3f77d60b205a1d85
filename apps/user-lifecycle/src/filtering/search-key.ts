import { createHash } from 'node:crypto';

/** Characters of a value that its key shows; a B-tree row holds at most 2704 bytes, and NFKC can make a text longer. */
export const SEARCH_KEY_PREFIX = 200;
/** Sorts after every other text in the collation "C"; behind a prefix it ends the prefix's range. */
export const AFTER_ALL = '\u{10ffff}';

/**
 * The form in which texts are compared, searched and kept unique: NFKC without regard to case. A text longer than the
 * prefix ends in its digest, so that equal keys still mean equal texts.
 */
export function searchKey(text: string): string {
  const key = text.normalize('NFKC').toLowerCase().normalize('NFKC');
  if (key.length <= SEARCH_KEY_PREFIX) return key;
  const digest = createHash('sha256').update(key).digest('base64url');
  return `${key.slice(0, SEARCH_KEY_PREFIX).toWellFormed()}#${digest}`;
}

/** The half-open range of keys that start with the text's key. */
export function prefixRange(prefixKey: string): { from: string; to: string } {
  return { from: prefixKey, to: prefixKey + AFTER_ALL };
}
