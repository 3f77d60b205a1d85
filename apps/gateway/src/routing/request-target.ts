import { DomainError } from '@countersign/kernel';

/** A request target that means the same to every server behind the gateway. */
export interface RequestTarget {
  /** Decoded path segments; never empty, `.` or `..`, never with a slash, backslash or control character. */
  segments: readonly string[];
  /** Path in one canonical spelling (RFC 3986 §6.2.2: unreserved characters unescaped), without the query. */
  path: string;
  /** The query as it was sent, with its `?`; empty when there is none. */
  query: string;
}

const MAX_TARGET = 8_192;
const UNSAFE = /[^\x21-\x7e]|[\\#]/;
/** Encoded dot, slash, backslash and NUL, and the same encoded twice. */
const HIDDEN_DELIMITER = /%(?:25)*(?:2e|2f|5c|00)/i;
const CONTROL = /[\p{Cc}/\\]/u;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;

/**
 * Reads a request target strictly, because gateway and services must never read one differently: what two servers decode in
 * two ways opens routes that one of them guards. A trailing slash makes a last, empty segment, which no route has.
 * @throws DomainError 400 `malformed_request` with the pointer `path` or `?name`
 */
export function parseRequestTarget(url: string): RequestTarget {
  if (url.length > MAX_TARGET) throw refuse('path', `The address is longer than ${MAX_TARGET} characters`);
  if (!url.startsWith('/')) throw refuse('path', 'Send the path alone, beginning with a slash');
  const mark = url.indexOf('?');
  const raw = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark);
  if (UNSAFE.test(url)) throw refuse('path', 'The address has characters that must be percent-encoded');
  if (raw.includes('//')) throw refuse('path', 'The path has an empty segment: leave out the second slash');
  if (HIDDEN_DELIMITER.test(raw))
    throw refuse('path', 'Dots, slashes, backslashes and NUL must not be percent-encoded in a path');
  const segments = raw.slice(1).split('/').map(decodeSegment);
  checkQuery(query);
  return { segments, path: `/${segments.map(encodeURIComponent).join('/')}`, query };
}

function decodeSegment(segment: string): string {
  const text = BROKEN_ESCAPE.test(segment) ? undefined : decodeUtf8(segment);
  if (text === undefined) throw refuse('path', 'The path has a percent sign that is not the encoding of UTF-8 text');
  if (text === '.' || text === '..') throw refuse('path', 'Dot segments are not resolved: send the path they lead to');
  if (CONTROL.test(text)) throw refuse('path', 'The path has an encoded control character');
  return text;
}

/** The services read queries leniently; what is no text, or has a NUL that no database column takes, is refused here. */
function checkQuery(query: string): void {
  if (!query.includes('%')) return;
  for (const pair of query.slice(1).split('&')) {
    const [name = ''] = pair.split('=', 1);
    const broken = BROKEN_ESCAPE.test(pair) || decodeUtf8(pair) === undefined;
    if (broken) throw refuse(`?${name}`, 'The value has a percent sign that is not the encoding of UTF-8 text');
    if (/%00/.test(pair)) throw refuse(`?${name}`, 'The value has a NUL character');
  }
}

function decodeUtf8(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(pointer: string, message: string): DomainError {
  const code = pointer === 'path' ? 'invalid_path' : 'invalid_encoding';
  return new DomainError('malformed_request', 'malformed', message, { errors: [{ pointer, code, message }] });
}
