/** Waits after each failed attempt, in seconds (webhooks.json, `modes.notify`); then 12 h each until 3 days after the event. */
export const DEFAULT_SCHEDULE: readonly number[] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 18_000, 36_000];
const THEN_SECONDS = 12 * 3_600;
const LIFE_SECONDS = 3 * 86_400;
const JITTER = 0.2;
/** The longest wait that a receiver can ask for by Retry-After, in seconds. */
const RETRY_AFTER_MAX = 3_600;

export interface FailedAttempt {
  /** Failed attempts so far, this one included. */
  failures: number;
  /** When the delivery began to count: its event, or its last redelivery. */
  since: Date;
  endedAt: Date;
  /** The endpoint's own schedule, in seconds; its end means failed. */
  schedule?: readonly number[] | null;
  /** Retry-After of the answer, in seconds. */
  retryAfter?: number;
  /** Uniform in [0, 1). */
  random: number;
}

/**
 * When the next attempt is due: the schedule's wait from the end of the failed attempt, +-20 %; a Retry-After makes it longer,
 * never shorter, and at most an hour. Undefined = the delivery has failed for good.
 */
export function nextAttemptAt(attempt: FailedAttempt): Date | undefined {
  const own = attempt.schedule ?? undefined;
  const wait = (own ?? DEFAULT_SCHEDULE)[attempt.failures - 1] ?? (own ? undefined : THEN_SECONDS);
  if (wait === undefined) return undefined;
  const jittered = wait * (1 - JITTER + 2 * JITTER * attempt.random);
  const seconds = Math.max(jittered, Math.min(attempt.retryAfter ?? 0, RETRY_AFTER_MAX));
  const at = attempt.endedAt.getTime() + Math.round(seconds * 1000);
  return own || at <= attempt.since.getTime() + LIFE_SECONDS * 1000 ? new Date(at) : undefined;
}

/** How long a delivery may wait in all before it is given up, whatever kept it from being sent, in seconds. */
export function lifeSeconds(schedule?: readonly number[] | null): number {
  const own = (schedule ?? []).reduce((sum, wait) => sum + wait * (1 + JITTER), 0);
  return Math.ceil(Math.max(LIFE_SECONDS, own + 86_400));
}

/** The seconds of a Retry-After header (RFC 9110 §10.2.3), a number or a date; undefined for anything else or the past. */
export function retryAfterSeconds(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim());
  const seconds = Math.ceil((Date.parse(value) - now.getTime()) / 1000);
  return seconds > 0 ? seconds : undefined;
}
