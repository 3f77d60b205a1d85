import { DomainError } from '@countersign/kernel';
import { isDatabaseUnavailable } from '@countersign/persistence';

/**
 * True for a failure of what a handler depends on, not of the event: a service answers 5xx or 429, the database is away, a
 * connection is refused. Such an event is tried again for as long as it takes and never dead-lettered.
 */
export function isInfrastructureFailure(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof DomainError) {
      if (cause.kind === 'unavailable' || cause.kind === 'rate_limited') return true;
    } else if (isDatabaseUnavailable(cause)) return true;
    const status =
      (cause as { status?: unknown; statusCode?: unknown }).status ?? (cause as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number' && (status >= 500 || status === 429)) return true;
  }
  return false;
}
