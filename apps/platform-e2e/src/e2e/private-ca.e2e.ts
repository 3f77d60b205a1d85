import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePrivateCa, type PrivateCa } from '../support/certificates.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { json } from '../support/receiver-behaviour.js';
import type { Endpoint } from '../support/resources.js';
import { newEndpoint, newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const TLS_WORDS = /certificate|self.signed|issuer|verify|altname|tls/i;

describe('receivers behind a private certificate authority', () => {
  let tenant: Tenant;
  let ca: PrivateCa;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    [tenant, ca] = await Promise.all([Tenant.create(), makePrivateCa()]);
    receiver = await WebhookReceiver.start(ca);
  });

  afterAll(() => receiver.stop());

  async function tested(url: string, fields: Readonly<Record<string, unknown>>) {
    const body = newEndpoint(url, ['postCreateUser'], fields);
    return expectStatus(await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', body), 201).body.test;
  }

  it("works with the endpoint's CA bundle", async () => {
    expect(await tested(receiver.url, { caBundle: ca.caBundle })).toMatchObject({
      ok: true,
      response: { status: 200 },
    });
  });

  it('fails without it, with a clear error and without a byte sent', async () => {
    const before = receiver.calls.length;
    const test = await tested(receiver.url, {});
    expect(test?.ok).toBe(false);
    expect(JSON.stringify(test?.error)).toMatch(TLS_WORDS);
    expect(receiver.calls.length).toBe(before);
  });

  it('fails with the bundle of another authority', async () => {
    const other = await makePrivateCa();
    const test = await tested(receiver.url, { caBundle: other.caBundle });
    expect([test?.ok, TLS_WORDS.test(JSON.stringify(test?.error))]).toEqual([false, true]);
  });

  it('fails when the certificate is for another name: the bundle switches no check off', async () => {
    const elsewhere = await makePrivateCa('receiver.example.com');
    const impostor = await WebhookReceiver.start(elsewhere);
    try {
      const test = await tested(impostor.url, { caBundle: elsewhere.caBundle });
      expect([test?.ok, TLS_WORDS.test(JSON.stringify(test?.error))]).toEqual([false, true]);
      expect(impostor.calls).toEqual([]);
    } finally {
      await impostor.stop();
    }
  });

  it('carries awaited and delivered hooks as well', async () => {
    receiver.on('validateUser', json({ response: { data: { country: 'Nepal' } } }));
    await tenant.createEndpoint(receiver, ['validateUser', 'postCreateUser'], { caBundle: ca.caBundle });
    const user = await tenant.createUser();
    expect(user.country).toBe('Nepal');
    await receiver.waitForLogin('postCreateUser', user.login);
  });

  it('is an unreachable receiver for an awaited hook without the bundle', async () => {
    const own = await Tenant.create();
    await own.createEndpoint(receiver, ['validateUser']);
    expectProblem(await own.admin.post('/v1/users', newUser()), { status: 503, code: 'hook_unavailable' });
  });
});
