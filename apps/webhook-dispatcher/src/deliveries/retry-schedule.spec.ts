import { describe, expect, it } from 'vitest';
import { DEFAULT_SCHEDULE, lifeSeconds, nextAttemptAt, retryAfterSeconds } from './retry-schedule.js';

const since = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(since.getTime() + seconds * 1000);
const waits = (failures: number, random = 0.5, more: object = {}) => {
  const at = nextAttemptAt({ failures, since, endedAt: since, random, ...more });
  return at && (at.getTime() - since.getTime()) / 1000;
};

describe('nextAttemptAt', () => {
  it('follows the contract: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 5 h, 10 h, then 12 h', () => {
    expect(DEFAULT_SCHEDULE.map((_, index) => waits(index + 1))).toEqual([
      5, 30, 120, 600, 1800, 3600, 7200, 18000, 36000,
    ]);
    expect(waits(10)).toBe(43_200);
    expect(waits(14)).toBe(43_200);
  });

  it('jitters by 20 % either way', () => {
    expect(waits(2, 0)).toBe(24);
    expect(waits(2, 0.999999)).toBeCloseTo(36, 3);
  });

  it('counts each wait from the end of the failed attempt', () => {
    const endedAt = after(100);
    expect(nextAttemptAt({ failures: 1, since, endedAt, random: 0.5 })).toEqual(after(105));
  });

  it('gives up three days after the event', () => {
    expect(nextAttemptAt({ failures: 12, since, endedAt: after(3 * 86_400 - 43_200), random: 0.5 })).toEqual(
      after(3 * 86_400),
    );
    expect(nextAttemptAt({ failures: 12, since, endedAt: after(3 * 86_400 - 43_199), random: 0.5 })).toBeUndefined();
  });

  it("gives up at the end of an endpoint's own schedule, however short or long", () => {
    const schedule = [1, 400_000];
    expect(waits(1, 0.5, { schedule })).toBe(1);
    expect(waits(2, 0.5, { schedule })).toBe(400_000);
    expect(waits(3, 0.5, { schedule })).toBeUndefined();
    expect(waits(1, 0.5, { schedule: [] })).toBeUndefined();
  });

  it('lets Retry-After lengthen a wait up to an hour, never shorten it', () => {
    expect(waits(1, 0.5, { retryAfter: 60 })).toBe(60);
    expect(waits(4, 0.5, { retryAfter: 1 })).toBe(600);
    expect(waits(1, 0.5, { retryAfter: 1e9 })).toBe(3_600);
  });
});

describe('retryAfterSeconds', () => {
  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60],
    ['Thu, 01 Jan 2020 00:01:00 GMT', undefined],
    ['soon', undefined],
    ['-5', undefined],
    [undefined, undefined],
  ])('%s -> %s', (value, seconds) => expect(retryAfterSeconds(value, since)).toBe(seconds));
});

describe('lifeSeconds', () => {
  it('is three days, or as long as an own schedule needs', () => {
    expect(lifeSeconds()).toBe(3 * 86_400);
    expect(lifeSeconds([60])).toBe(3 * 86_400);
    expect(lifeSeconds([600_000])).toBe(720_000 + 86_400);
  });
});
