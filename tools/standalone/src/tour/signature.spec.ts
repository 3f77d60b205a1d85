import { describe, expect, it } from 'vitest';
import { isSignedBy } from './signature.js';

/** The example of the Standard Webhooks specification and its libraries. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = Buffer.from('{"test": 2432232314}');
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const now = 1_614_265_330_000;

describe('the signature of a webhook', () => {
  it('holds for the example of the specification', () => expect(isSignedBy(secret, { headers, body }, now)).toBe(true));

  it('holds when an older signature stands beside it', () => {
    const both = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    expect(isSignedBy(secret, { headers: both, body }, now)).toBe(true);
  });

  it.each([
    ['another body', headers, Buffer.from('{"test": 1}'), now],
    ['another id', { ...headers, 'webhook-id': 'msg_other' }, body, now],
    ['no signature', { ...headers, 'webhook-signature': undefined }, body, now],
    ['an old timestamp', headers, body, now + 301_000],
    ['no timestamp that is a number', { ...headers, 'webhook-timestamp': 'soon' }, body, now],
  ])('does not hold for %s', (_what, given, bytes, at) => {
    expect(isSignedBy(secret, { headers: given, body: bytes }, at)).toBe(false);
  });
});
