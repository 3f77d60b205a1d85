/**
 * What went wrong, in the terms that decide the answer: the HTTP status (RFC 9457 problem), and for a consumer whether the
 * event is retried (`unavailable`) or dead-lettered (all others).
 */
export type ErrorKind =
  | 'malformed' // 400: the request cannot be understood
  | 'unauthenticated' // 401
  | 'forbidden' // 403
  | 'not_found' // 404, also for another tenant's id
  | 'conflict' // 409
  | 'stale' // 412
  | 'too_large' // 413
  | 'unsupported_media' // 415
  | 'invalid' // 422: well-formed but refused
  | 'locked' // 423
  | 'rate_limited' // 429
  | 'unavailable'; // 503

/** One refused field: `pointer` is a JSON pointer (RFC 6901) into the request's body, or `?name` for a query parameter. */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

export interface DomainErrorOptions {
  errors?: FieldError[];
  /** Seconds after which a retry makes sense; sent as Retry-After. */
  retryAfter?: number;
  /** Further members of the problem document, such as `hook`. */
  extra?: Record<string, unknown>;
  cause?: unknown;
}

/** An expected failure. `code` is stable snake_case and part of the API; `message` is for people and names the remedy. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly errors?: FieldError[];
  readonly retryAfter?: number;
  readonly extra?: Record<string, unknown>;

  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.extra = options.extra;
  }
}

export function notFound(what: string): DomainError {
  return new DomainError('not_found', 'not_found', `No such ${what}`);
}

/** A single refused field. */
export function invalidField(pointer: string, code: string, message: string): DomainError {
  return new DomainError('validation_failed', 'invalid', message, { errors: [{ pointer, code, message }] });
}
