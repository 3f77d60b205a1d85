import { describe, expect, it } from 'vitest';
import { deliveryReason, type ReasonFacts } from './delivery-reason.js';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T01:00:00Z');
const facts: ReasonFacts = {
  state: 'succeeded',
  awaited: false,
  attempts: 2,
  verdict: null,
  message: null,
  cause: null,
  changed: [],
  nextAttemptAt: null,
  lastAttempt: { status: 200, error: null, at: now },
  endpoint: { exists: true, enabled: true, breakerOpenUntil: null },
  now,
};
const failed = { status: 500, error: null, at: now };

describe('deliveryReason', () => {
  it.each<[Partial<ReasonFacts>, string]>([
    [{}, 'Delivered at attempt 2: the receiver answered 200.'],
    [
      { state: 'failed', cause: 'the retry schedule came to its end', lastAttempt: failed, attempts: 1 },
      'Given up after 1 attempt: the retry schedule came to its end; at last the receiver answered 500.',
    ],
    [{ state: 'discarded', cause: 'the endpoint was deleted' }, 'Discarded: the endpoint was deleted.'],
    [{ state: 'delivering' }, 'Attempt 3 is under way or next in turn.'],
    [{ state: 'pending', attempts: 0, lastAttempt: undefined }, 'It is due and waits for its turn.'],
    [
      { state: 'retrying', lastAttempt: failed, nextAttemptAt: later },
      'Attempt 2 failed: the receiver answered 500. The next attempt is due at 2026-01-01T01:00:00.000Z.',
    ],
    [
      { state: 'pending', attempts: 0, endpoint: { exists: true, enabled: false, breakerOpenUntil: null } },
      'It waits because the endpoint is switched off.',
    ],
    [
      { state: 'pending', attempts: 0, endpoint: { exists: true, enabled: true, breakerOpenUntil: later } },
      "It waits because the endpoint's breaker is open after failures in a row; nothing is sent before 2026-01-01T01:00:00.000Z.",
    ],
    [{ awaited: true, verdict: 'unchanged' }, 'The receiver left the user unchanged.'],
    [{ awaited: true, verdict: 'changed', changed: ['/country', '/email'] }, 'The receiver changed /country, /email.'],
    [{ awaited: true, verdict: 'refused', message: 'MobileAlreadyExist' }, 'The receiver refused: MobileAlreadyExist.'],
    [
      { awaited: true, verdict: 'answer_invalid', message: '/email: no address' },
      "The receiver's answer did not pass validation: /email: no address.",
    ],
    [
      { awaited: true, state: 'failed', message: 'no complete answer within 2000 ms' },
      "There was no usable answer: no complete answer within 2000 ms; the hook's failure policy decided.",
    ],
  ])('%j', (more, sentence) => expect(deliveryReason({ ...facts, ...more })).toBe(sentence));
});
