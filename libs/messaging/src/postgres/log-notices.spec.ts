import { describe, expect, it } from 'vitest';
import { readNotice, writeNotice } from './log-notices.js';

describe('notices of appends', () => {
  it('say how far each partition goes, to those who read its topic', () => {
    const notice = writeNotice([
      { topic: 'iam.users.v1', part: 3, next_off: '17' },
      { topic: 'iam.users.v1', part: 11, next_off: '4' },
      { topic: 'iam.users.v10', part: 0, next_off: '9' },
    ]);
    const heads = new Map([
      ['iam.users.v1/3', 17],
      ['iam.users.v1/11', 4],
    ]);
    expect(readNotice(notice, ['iam.users.v1'])).toEqual({ heads, unknown: false });
    expect(readNotice(notice, ['iam.users'])).toEqual({ heads: new Map(), unknown: false });
  });

  it('name topics alone where the rest would be more than PostgreSQL takes', () => {
    const topics = Array.from({ length: 30 }, (_, n) => `${'x'.repeat(40)}${n}`);
    const notice = writeNotice(
      topics.flatMap(topic => Array.from({ length: 12 }, (_, part) => ({ topic, part, next_off: '1' }))),
    );
    expect(notice.length).toBeLessThan(8_000);
    expect(readNotice(notice, [topics[7]!])).toEqual({ heads: new Map(), unknown: true });
    expect(readNotice(notice, ['y'])).toEqual({ heads: new Map(), unknown: false });
  });
});
