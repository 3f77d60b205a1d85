import { describe, expect, it } from 'vitest';
import { readUserAnswer } from './user-answer.js';
import { USER_ANSWER_VECTORS } from './user-answer.vectors.js';

const answer = (status: number, body: string | Buffer, truncated = false) => ({
  status,
  body: Buffer.from(body as string),
  truncated,
});

describe('readUserAnswer', () => {
  it.each(USER_ANSWER_VECTORS)('$name ($status): $decide', vector => {
    const decided = readUserAnswer(answer(vector.status, vector.body), true);
    expect(decided.kind).toBe(vector.decide);
    if (decided.kind === 'refused') expect(decided.message).toBe(vector.message);
    if (decided.kind === 'user') expect(decided.user).toEqual(vector.user);
    if (decided.kind === 'unusable') expect(decided.reason).not.toBe('');
    expect(readUserAnswer(answer(vector.status, vector.body), false).kind).toBe(vector.enrich ?? vector.decide);
  });

  it('uses no answer that was cut off', () => {
    expect(readUserAnswer(answer(200, '{}', true), true)).toMatchObject({ kind: 'unusable' });
  });

  it('uses no bytes that are not UTF-8', () => {
    expect(
      readUserAnswer({ status: 200, body: Buffer.from([0x7b, 0xff, 0x7d]), truncated: false }, true),
    ).toMatchObject({ kind: 'unusable' });
  });

  it('shortens a refusal that is a novel', () => {
    const body = JSON.stringify({ response: { error: true, message: 'x'.repeat(5000) } });
    expect(readUserAnswer(answer(200, body), true)).toEqual({ kind: 'refused', message: 'x'.repeat(1000) });
  });
});
