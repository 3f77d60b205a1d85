import { describe, expect, it } from 'vitest';
import { KEEP_AFTER_SECONDS, PUBLISH_AHEAD_SECONDS, ROTATE_AFTER_SECONDS, scheduleKeys } from './key-schedule.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(t0.getTime() + seconds * 1000);
const first = { kid: 'first', activeFrom: t0 };
const second = { kid: 'second', activeFrom: at(ROTATE_AFTER_SECONDS) };

describe('schedule of the signing keys', () => {
  it('has nothing before the first key', () => {
    expect(scheduleKeys([], t0)).toMatchObject({ current: undefined, next: undefined, expired: [] });
  });

  it('signs with the first and wants the next 90 days later', () => {
    expect(scheduleKeys([first], t0)).toEqual({
      current: 'first',
      next: undefined,
      nextFrom: at(ROTATE_AFTER_SECONDS),
      expired: [],
    });
    expect(scheduleKeys([first, second], at(10))).toMatchObject({ current: 'first', next: 'second' });
  });

  it('signs with the first key also where the clock is behind the one that made it', () => {
    expect(scheduleKeys([first, second], at(-5))).toMatchObject({ current: 'first', next: 'second' });
  });

  it('publishes the next a day ahead, also when the rotation is overdue', () => {
    const late = at(ROTATE_AFTER_SECONDS * 2);
    expect(scheduleKeys([first], late).nextFrom).toEqual(new Date(late.getTime() + PUBLISH_AHEAD_SECONDS * 1000));
  });

  it('changes over at the time, and keeps the old key until its last token has expired', () => {
    const change = ROTATE_AFTER_SECONDS;
    expect(scheduleKeys([first, second], at(change - 1)).current).toBe('first');
    expect(scheduleKeys([first, second], at(change))).toMatchObject({
      current: 'second',
      next: undefined,
      expired: [],
    });
    expect(scheduleKeys([first, second], at(change + KEEP_AFTER_SECONDS)).expired).toEqual([]);
    expect(scheduleKeys([first, second], at(change + KEEP_AFTER_SECONDS + 1)).expired).toEqual(['first']);
  });
});
