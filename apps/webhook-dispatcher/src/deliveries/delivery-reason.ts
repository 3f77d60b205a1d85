import type { DeliveryState } from './delivery-filter.js';

export interface ReasonFacts {
  state: DeliveryState;
  awaited: boolean;
  attempts: number;
  verdict: string | null;
  message: string | null;
  cause: string | null;
  /** Paths of what the answer changes. */
  changed: string[];
  nextAttemptAt: Date | null;
  lastAttempt?: { status: number | null; error: string | null; at: Date };
  endpoint: { exists: boolean; enabled: boolean; breakerOpenUntil: Date | null };
  now: Date;
}

/** Where a delivery stands and why, in one sentence that an administrator can act on. */
export function deliveryReason(facts: ReasonFacts): string {
  const { state, attempts, cause } = facts;
  switch (state) {
    case 'succeeded':
      return facts.awaited ? answered(facts) : `Delivered at attempt ${attempts}: ${outcomeOf(facts)}.`;
    case 'failed':
      if (facts.awaited)
        return `There was no usable answer: ${facts.message ?? cause ?? 'unknown'}; the hook's failure policy decided.`;
      return `Given up after ${count(attempts)}: ${cause ?? 'unknown'}${facts.lastAttempt ? `; at last ${outcomeOf(facts)}` : ''}.`;
    case 'discarded':
      return `Discarded: ${cause ?? 'unknown'}.`;
    case 'delivering':
      return `Attempt ${attempts + 1} is under way or next in turn.`;
    case 'pending':
    case 'retrying':
      return waiting(facts);
  }
}

function waiting(facts: ReasonFacts): string {
  const { endpoint, attempts, nextAttemptAt, now } = facts;
  const before = attempts > 0 && facts.lastAttempt ? `Attempt ${attempts} failed: ${outcomeOf(facts)}. ` : '';
  if (!endpoint.enabled) return `${before}It waits because the endpoint is switched off.`;
  if (endpoint.breakerOpenUntil) {
    const until =
      endpoint.breakerOpenUntil > now
        ? `nothing is sent before ${endpoint.breakerOpenUntil.toISOString()}`
        : 'one attempt at a time is let through';
    return `${before}It waits because the endpoint's breaker is open after failures in a row; ${until}.`;
  }
  if (nextAttemptAt && nextAttemptAt > now)
    return `${before}The next attempt is due at ${nextAttemptAt.toISOString()}.`;
  return `${before}It is due and waits for its turn.`;
}

function answered({ verdict, message, changed }: ReasonFacts): string {
  switch (verdict) {
    case 'refused':
      return `The receiver refused: ${message ?? 'without a message'}.`;
    case 'changed':
      return `The receiver changed ${changed.join(', ') || 'the user'}.`;
    case 'answer_invalid':
      return `The receiver's answer did not pass validation: ${message ?? 'unknown'}.`;
    default:
      return 'The receiver left the user unchanged.';
  }
}

function outcomeOf({ lastAttempt }: ReasonFacts): string {
  if (!lastAttempt) return 'no attempt was made';
  if (lastAttempt.error) return lastAttempt.error;
  return lastAttempt.status === null ? 'no answer came' : `the receiver answered ${lastAttempt.status}`;
}

function count(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}
