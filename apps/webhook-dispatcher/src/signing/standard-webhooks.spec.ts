import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newSigningSecret, signatureHeaders } from './standard-webhooks.js';

describe('signatureHeaders', () => {
  it('gives the signature of the specification for its published example', () => {
    // standard-webhooks reference libraries, test vector "sign": secret, id, timestamp and payload.
    const headers = signatureHeaders(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1614265330 * 1000),
      '{"test": 2432232314}',
      [{ value: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('signs with every secret while one replaces the other', () => {
    const secrets = [{ value: newSigningSecret() }, { value: newSigningSecret() }];
    // Each key is made at the first signature and used again at the second.
    for (const body of ['ä', 'b']) {
      const signature = signatureHeaders('dlv_1', new Date(5000), body, secrets)['webhook-signature'].split(' ');
      expect(signature).toEqual(
        secrets.map(({ value }) => {
          const hmac = createHmac('sha256', Buffer.from(value.slice(6), 'base64'));
          return `v1,${hmac.update(Buffer.from(`dlv_1.5.${body}`, 'utf8')).digest('base64')}`;
        }),
      );
    }
  });

  it('never signs with nothing', () => {
    expect(() => signatureHeaders('dlv_1', new Date(), '{}', [])).toThrow(/unsigned/);
  });
});

describe('newSigningSecret', () => {
  it('has 32 random bytes behind whsec_', () => {
    const secret = newSigningSecret();
    expect(secret).toMatch(/^whsec_/);
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    expect(newSigningSecret()).not.toBe(secret);
  });
});
