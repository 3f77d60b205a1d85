import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  afterSuccess,
  FREE_FAILURES,
  LOGIN_BUCKET,
  NOTHING_KNOWN,
  secondsToWait,
  type BackOff,
} from './back-off.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);

function fail(times: number, from: BackOff = NOTHING_KNOWN, now = start): BackOff {
  let records = from;
  for (let i = 0; i < times; i++) records = afterFailure(records, now);
  return records;
}

describe('back-off of a network', () => {
  it('lets nine failures pass and holds up after the tenth', () => {
    expect(secondsToWait(fail(FREE_FAILURES - 1), start)).toBe(0);
    expect(secondsToWait(fail(FREE_FAILURES), start)).toBe(30);
    expect(secondsToWait(fail(FREE_FAILURES), after(29))).toBe(1);
    expect(secondsToWait(fail(FREE_FAILURES), after(30))).toBe(0);
  });

  it('doubles up to an hour and stays there, for ever', () => {
    const waits = [10, 11, 12, 13, 14, 15, 16, 17, 18, 60, 5000].map(times => secondsToWait(fail(times), start));
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]);
  });

  it('starts anew after a success', () => {
    const good = afterSuccess(fail(15), start);
    expect(secondsToWait(good, start)).toBe(0);
    expect(secondsToWait(fail(FREE_FAILURES - 1, good), start)).toBe(0);
  });
});

describe('bucket of a login', () => {
  const others = (failures: number): BackOff => ({ ...NOTHING_KNOWN, bucket: { failures, windowStartedAt: start } });

  it('holds strangers up for the rest of the hour once it is full', () => {
    expect(secondsToWait(others(LOGIN_BUCKET - 1), start)).toBe(0);
    expect(secondsToWait(others(LOGIN_BUCKET), after(600))).toBe(3000);
    expect(secondsToWait(others(LOGIN_BUCKET), after(3600))).toBe(0);
  });

  it('exempts a network that had a success in the last 30 days', () => {
    const known = (at: Date): BackOff => ({ ...others(500), network: { ...NOTHING_KNOWN.network, lastSuccessAt: at } });
    expect(secondsToWait(known(after(-29 * 86_400)), start)).toBe(0);
    expect(secondsToWait(known(after(-31 * 86_400)), start)).toBeGreaterThan(0);
  });

  it('counts strangers only, and a new hour from the first failure after the old one', () => {
    const known = afterSuccess(NOTHING_KNOWN, start);
    expect(fail(5, known).bucket.failures).toBe(0);
    expect(fail(5).bucket).toEqual({ failures: 5, windowStartedAt: start });
    const later = afterFailure(fail(5), after(3601));
    expect(later.bucket).toEqual({ failures: 1, windowStartedAt: after(3601) });
  });

  it('is not emptied by a success: that would let whoever has one account of a shared login reset it', () => {
    expect(afterSuccess(others(100), start).bucket.failures).toBe(100);
  });
});
