/** Consecutive failures from one network before it has to wait (mfa.md §5.5). */
export const FREE_FAILURES = 10;
const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3_600;
/** Failures of one login within an hour, from all networks together, after which strangers have to wait. */
export const LOGIN_BUCKET = 100;
const BUCKET_SECONDS = 3_600;
/** So long after a success a network counts as known: the login's bucket does not hold it up. */
const KNOWN_SECONDS = 30 * 86_400;

/** What is kept of one login and one network. */
export interface NetworkRecord {
  failures: number;
  blockedUntil: Date | null;
  lastSuccessAt: Date | null;
}

/** What is kept of one login, whatever the network. */
export interface BucketRecord {
  failures: number;
  windowStartedAt: Date | null;
}

export interface BackOff {
  network: NetworkRecord;
  bucket: BucketRecord;
}

export const NOTHING_KNOWN: BackOff = {
  network: { failures: 0, blockedUntil: null, lastSuccessAt: null },
  bucket: { failures: 0, windowStartedAt: null },
};

/** Seconds until this login may be tried from this network again; 0 = now. */
export function secondsToWait({ network, bucket }: BackOff, now: Date): number {
  const own = network.blockedUntil ? secondsBetween(now, network.blockedUntil) : 0;
  if (isKnown(network, now) || bucket.failures < LOGIN_BUCKET || !bucket.windowStartedAt) return Math.max(0, own);
  return Math.max(0, own, BUCKET_SECONDS - secondsBetween(bucket.windowStartedAt, now));
}

/**
 * The records after one more failure: from the tenth in a row on the network waits 30 s, doubling up to an hour. Failures
 * of a known network do not fill the login's bucket, so its owner's typing errors never lock its colleagues out.
 */
export function afterFailure({ network, bucket }: BackOff, now: Date): BackOff {
  const failures = network.failures + 1;
  const wait = failures < FREE_FAILURES ? 0 : FIRST_WAIT_SECONDS * 2 ** Math.min(failures - FREE_FAILURES, 20);
  const running = bucket.windowStartedAt !== null && secondsBetween(bucket.windowStartedAt, now) < BUCKET_SECONDS;
  const counted = isKnown(network, now) ? 0 : 1;
  return {
    network: {
      ...network,
      failures,
      blockedUntil: wait === 0 ? null : new Date(now.getTime() + Math.min(wait, LONGEST_WAIT_SECONDS) * 1000),
    },
    bucket: running
      ? { failures: bucket.failures + counted, windowStartedAt: bucket.windowStartedAt }
      : { failures: counted, windowStartedAt: now },
  };
}

/** The records after a success: this network starts anew and is known; what others did to the login stays counted. */
export function afterSuccess({ bucket }: BackOff, now: Date): BackOff {
  return { network: { failures: 0, blockedUntil: null, lastSuccessAt: now }, bucket };
}

function isKnown(network: NetworkRecord, now: Date): boolean {
  return network.lastSuccessAt !== null && secondsBetween(network.lastSuccessAt, now) < KNOWN_SECONDS;
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}
