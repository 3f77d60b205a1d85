import { CLOCK_SLACK_SECONDS, ENDPOINT_TOKEN_SECONDS_MAX } from './token-lives.js';

/** A signing key is used for 90 days (mfa.md §5.7). */
export const ROTATE_AFTER_SECONDS = 90 * 86_400;
/** The next key is published at least so long before it signs, so that verifiers that cache the keys for a day have it. */
export const PUBLISH_AHEAD_SECONDS = 86_400;
/** A key that signs no more stays published until no token of its can live: an endpoint's token lives longest. */
export const KEEP_AFTER_SECONDS = ENDPOINT_TOKEN_SECONDS_MAX + CLOCK_SLACK_SECONDS;

export interface ScheduledKey {
  kid: string;
  activeFrom: Date;
}

export interface KeySchedule {
  /** The key that signs now; undefined only before the first one was made. */
  current?: string;
  /** The key that will sign next; undefined = it is to be made, active from `nextFrom`. */
  next?: string;
  nextFrom: Date;
  /** Keys whose tokens have all expired. */
  expired: string[];
}

const plus = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

/** What each key is for at a time. @param keys in the order of `activeFrom` */
export function scheduleKeys(keys: readonly ScheduledKey[], now: Date): KeySchedule {
  const started = keys.filter(key => key.activeFrom <= now);
  // A replica whose clock is a little behind the one that made the first key signs with it all the same.
  const current = started.at(-1) ?? keys[0];
  const next = keys.find(key => key !== current && key.activeFrom > now);
  const due = current ? plus(current.activeFrom, ROTATE_AFTER_SECONDS) : now;
  const earliest = plus(now, PUBLISH_AHEAD_SECONDS);
  return {
    current: current?.kid,
    next: next?.kid,
    nextFrom: due > earliest ? due : earliest,
    expired: started
      .filter((_, i) => i + 1 < started.length && plus(started[i + 1]!.activeFrom, KEEP_AFTER_SECONDS) < now)
      .map(key => key.kid),
  };
}
