import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../support/free-port.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { delayed, dieMidAnswer, json, redirect, status, text } from '../support/receiver-behaviour.js';
import type { Endpoint, Page, TestResult } from '../support/resources.js';
import { newEndpoint, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('webhook endpoints', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    return () => receiver.stop();
  });

  function create(fields: Readonly<Record<string, unknown>> = {}, query = '') {
    return tenant.admin.post<Endpoint>(
      `/v1/webhook-endpoints${query}`,
      newEndpoint(receiver.url, ['postCreateUser'], fields),
    );
  }

  it('is created with a secret shown once, read, changed and deleted', async () => {
    const created = expectStatus(await create(), 201);
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^ep_/) as string,
      url: receiver.url,
      enabled: true,
    });
    expect(created.body.secret).toMatch(/^whsec_/);
    const path = `/v1/webhook-endpoints/${created.body.id}`;
    expect(created.headers['location']).toBe(path);
    const read = expectStatus(await tenant.admin.get<Endpoint>(path), 200);
    expect(read.text).not.toContain(created.body.secret);
    expect(read.body.hooks).toMatchObject([{ hook: 'postCreateUser', mode: 'notify' }]);
    const renamed = await tenant.admin.patch<Endpoint>(
      path,
      { name: 'Renamed' },
      { 'if-match': read.headers['etag'] ?? '' },
    );
    expect(expectStatus(renamed, 200).body.name).toBe('Renamed');
    expectProblem(await tenant.admin.delete(path, { 'if-match': read.headers['etag'] ?? '' }), { status: 412 });
    const list = expectStatus(await tenant.admin.get<Page<Endpoint>>('/v1/webhook-endpoints'), 200);
    expect(list.body.data.map(({ id }) => id)).toContain(created.body.id);
    expect(list.text).not.toContain('whsec_');
    expectStatus(await tenant.admin.delete(path), 204);
    expectProblem(await tenant.admin.get(path), { status: 404 });
  });

  it('saves and tests in one action: the exact signed request, status, latency and body', async () => {
    receiver.on('test', text('{"response": {}, "hello": "wörld"}', 200, 'application/json'));
    const { test, secret, ...endpoint } = expectStatus(await create({}, '?test=true'), 201).body;
    const [call] = receiver.received('test');
    if (!call || !test || !secret) throw new Error('the receiver was not called, or the answer has no test or secret');
    expect([call.method, call.text, call.headers['content-type']]).toEqual(['POST', '{}', 'application/json']);
    call.verify(secret);

    expect(test).toMatchObject({
      ok: true,
      request: { method: 'POST', url: `${receiver.url}/test`, body: '{}' },
      response: { status: 200, body: '{"response": {}, "hello": "wörld"}' },
    });
    expect(test.latencyMs).toBeGreaterThanOrEqual(0);
    const shown = Object.fromEntries(
      Object.entries(test.request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type', 'x-countersign-hook']) {
      expect(shown[name], name).toBe(call.headers[name]);
    }
    expect(JSON.stringify(test)).not.toContain(call.token);
    expect(call.token.split('.').length).toBe(3);
    expect(endpoint.id).toMatch(/^ep_/);
  });

  it('tests a saved endpoint and after a change, answering the test alone or in the endpoint', async () => {
    const { id } = expectStatus(await create(), 201).body;
    const alone = expectStatus(await tenant.admin.post<TestResult>(`/v1/webhook-endpoints/${id}/test`), 200).body;
    expect(alone).toMatchObject({ ok: true, response: { status: 200 } });
    const changed = await tenant.admin.patch<Endpoint>(`/v1/webhook-endpoints/${id}?test=true`, { name: 'Tested' });
    expect(expectStatus(changed, 200).body).toMatchObject({ name: 'Tested', test: { ok: true } });
    expect(receiver.received('test').length).toBe(2);
  });

  it('says what failed in a test, and saves all the same', async () => {
    const cases = [
      { behaviour: status(500), response: { status: 500 } },
      { behaviour: text('<html>', 200, 'text/html'), response: { status: 200 } },
      { behaviour: json([1]), response: { status: 200 } },
      { behaviour: redirect(`${receiver.origin}/elsewhere`), response: { status: 307 } },
      { behaviour: dieMidAnswer(), response: undefined },
    ];
    for (const { behaviour, response } of cases) {
      receiver.on('test', behaviour);
      const { id, test } = expectStatus(await create({}, '?test=true'), 201).body;
      expect(test?.ok, JSON.stringify(test)).toBe(false);
      expect(test?.error, JSON.stringify(test)).toBeTruthy();
      if (response) expect(test?.response).toMatchObject(response);
      expectStatus(await tenant.admin.get(`/v1/webhook-endpoints/${id}`), 200);
    }
    expect(receiver.calls.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  });

  it('says that nobody listens', async () => {
    const body = newEndpoint(`http://127.0.0.1:${String(await freePort())}/webhook`, ['postCreateUser']);
    const { test } = expectStatus(await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', body), 201).body;
    expect(test?.ok).toBe(false);
    expect(JSON.stringify(test?.error)).toMatch(/refused/i);
  });

  it("bounds a test by the endpoint's time", async () => {
    receiver.on('test', delayed(120_000, json({})));
    const hooks = [{ hook: 'validateUser', timeoutMs: 300 }];
    const { test, id } = expectStatus(await create({ hooks }, '?test=true'), 201).body;
    expect(test?.ok).toBe(false);
    expect(test?.latencyMs).toBeLessThan(45_000);
    expectStatus(await tenant.admin.delete(`/v1/webhook-endpoints/${id}`), 204);
  });

  it('refuses a configuration that cannot work, by its pointer', async () => {
    const wrong: [string, Readonly<Record<string, unknown>>][] = [
      ['/url', { url: 'not a url' }],
      ['/url', { url: 'ftp://127.0.0.1/webhook' }],
      ['/url', { url: 'http://user:secret@127.0.0.1/webhook' }],
      ['/hooks/0/hook', { hooks: [{ hook: 'preMakeCoffee' }] }],
      ['/hooks/0/timeoutMs', { hooks: [{ hook: 'postCreateUser', timeoutMs: -1 }] }],
      ['/hooks/0/failurePolicy', { hooks: [{ hook: 'validateUser', failurePolicy: 'shrug' }] }],
      ['/caBundle', { caBundle: 'not a certificate' }],
      ['/token/roles/0', { token: { roles: ['EMPEROR'] } }],
      ['/colour', { colour: 'red' }],
    ];
    for (const [pointer, fields] of wrong) {
      const answer = await create(fields);
      expect([400, 422], `${pointer}: ${answer.text}`).toContain(answer.status);
      const problem = expectProblem(answer, { status: answer.status });
      const pointers = (problem.errors ?? []).map(error => error.pointer);
      expect(
        pointers.some(found => found === pointer || pointer.startsWith(`${found}/`)),
        answer.text,
      ).toBe(true);
    }
  });

  it('refuses reserved header names and a mode that the hook does not have', async () => {
    for (const name of ['authorization', 'Host', 'content-type', 'webhook-id', 'x-countersign-hook', 'connection']) {
      const answer = await create({ headers: { [name]: 'mine' } });
      const problem = expectProblem(answer, { status: 422 });
      expect(
        problem.errors?.some(({ pointer }) => pointer.startsWith('/headers')),
        answer.text,
      ).toBe(true);
    }
    for (const hook of [
      { hook: 'postCreateUser', mode: 'decide' },
      { hook: 'validateUser', mode: 'notify' },
    ]) {
      expectProblem(await create({ hooks: [hook] }), { status: 422, code: 'hook_mode_not_allowed' });
    }
  });

  it("sends the endpoint's own headers and hides their values when shown", async () => {
    const headers = { 'x-team-key': 'hush-hush-value' };
    const answer = expectStatus(await create({ headers }, '?test=true'), 201);
    expect(receiver.received('test')[0]?.headers['x-team-key']).toBe('hush-hush-value');
    expect(JSON.stringify(answer.body.test)).not.toContain('hush-hush-value');
  });

  it('lets one endpoint answer an awaited hook, and shadows beside it', async () => {
    const hooks = [{ hook: 'validateUpdateUser' }];
    const first = expectStatus(await create({ hooks }), 201).body;
    expectProblem(await create({ hooks }), { status: 409 });
    expectStatus(await create({ hooks: [{ hook: 'validateUpdateUser', mode: 'shadow' }] }), 201);
    expectStatus(await tenant.admin.delete(`/v1/webhook-endpoints/${first.id}`), 204);
    const second = expectStatus(await create({ hooks }), 201).body;
    expectStatus(await tenant.admin.delete(`/v1/webhook-endpoints/${second.id}`), 204);
  });

  it('rotates the secret; both sign until the old one ends', async () => {
    const { id, secret } = expectStatus(await create(), 201).body;
    const answer = await tenant.admin.post<{ secret: string; previousValidUntil: string }>(
      `/v1/webhook-endpoints/${id}/rotate-secret`,
    );
    const rotated = expectStatus(answer, 200).body;
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret);
    expect(Date.parse(rotated.previousValidUntil)).toBeGreaterThan(Date.now());
    expectStatus(await tenant.admin.post(`/v1/webhook-endpoints/${id}/test`), 200);
    const [call] = receiver.received('test');
    for (const each of [secret ?? '', rotated.secret]) call?.verify(each);
    expect(() =>
      new Webhook(`whsec_${Buffer.alloc(24).toString('base64')}`).verify(call?.body ?? '', { ...call?.headers }),
    ).toThrow();
  });

  it('is written by an ORG_ADMIN only and given no more roles than the caller has', async () => {
    const helpdesk = (await tenant.signUp(['HELPDESK'])).api;
    const body = newEndpoint(receiver.url, ['postCreateUser']);
    expectProblem(await helpdesk.post('/v1/webhook-endpoints', body), { status: 403 });
  });

  it('serves the catalogue of hooks to any signed-in caller', async () => {
    const { api } = await tenant.signUp(['USER']);
    const answer = expectStatus(await api.get('/v1/hooks'), 200);
    for (const hook of [
      'validateUser',
      'preCreateUser',
      'postCreateUser',
      'validateUpdateUser',
      'preUpdateUser',
      'postUpdateUser',
      'test',
    ]) {
      expect(answer.text).toContain(`"${hook}"`);
    }
    expectProblem(await tenant.anonymous.get('/v1/hooks'), { status: 401 });
  });
});
