import { answers, makeTestCertificates, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureHeaders } from '../src/signing/standard-webhooks.js';
import { Harness, type ShownEndpoint, type TestTenant } from './harness.js';

interface Problem {
  code: string;
  detail: string;
  errors?: { pointer: string; code: string }[];
}

describe('webhook endpoints', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  const create = (more: Record<string, unknown> = {}, query = '') =>
    tenant.admin.post(`/v1/webhook-endpoints${query}`, {
      name: 'R',
      url: `${receiver.url}/webhook`,
      hooks: [{ hook: 'postCreateUser' }],
      ...more,
    });

  it('creates with a secret shown once, reads, changes, lists and deletes', async () => {
    const created = await create({
      headers: { 'X-Key': 'own-value' },
      auth: { type: 'basic', username: 'me', password: 'pass-word' },
    });
    expect(created.status).toBe(201);
    const endpoint = created.body as ShownEndpoint;
    expect(endpoint).toMatchObject({
      enabled: true,
      token: { roles: ['AUDITOR'] },
      headers: { 'X-Key': '***' },
      auth: { type: 'basic', username: 'me' },
    });
    expect(endpoint.secret).toMatch(/^whsec_/);
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    expect(created.headers['location']).toBe(path);
    const read = await tenant.admin.get(path);
    expect(JSON.stringify(read.body)).not.toMatch(/whsec_|own-value|pass-word/);
    expect(read.body).toMatchObject({
      hooks: [{ hook: 'postCreateUser', mode: 'notify', timeoutMs: 15_000, path: '/postCreateUser' }],
      breaker: { state: 'closed' },
    });
    // What was read can be sent back: masked values stand for what is there.
    const {
      id: _,
      version: __,
      createdAt: ___,
      updatedAt: ____,
      breaker: _____,
      disabledReason: ______,
      auth: _______,
      ...settings
    } = read.body as ShownEndpoint;
    const back = await tenant.admin.patch(path, { ...settings, name: 'Renamed' });
    expect(back.status).toBe(200);
    expect(back.headers['etag']).not.toBe(read.headers['etag']);
    receiver.answer('/webhook/test', answers.json({}));
    await tenant.admin.post(`${path}/test`, undefined);
    expect(receiver.requestsTo('/webhook/test')[0]?.headers).toMatchObject({
      'x-key': 'own-value',
      authorization: `Basic ${Buffer.from('me:pass-word').toString('base64')}`,
    });
    expect(
      (await tenant.admin.with({ 'if-match': String(read.headers['etag']) }).patch(path, { name: 'X' })).status,
    ).toBe(412);
    expect((await tenant.admin.with({ 'if-match': String(read.headers['etag']) }).delete(path)).status).toBe(412);
    const list = await tenant.admin.get('/v1/webhook-endpoints?limit=1');
    expect(list.body).toMatchObject({ data: [{ id: endpoint.id, name: 'Renamed' }], page: { next: null, limit: 1 } });
    expect((await tenant.admin.delete(path)).status).toBe(204);
    expect((await tenant.admin.get(path)).status).toBe(404);
    expect(harness.authority.deletedEndpoints).toContain(endpoint.id);
  });

  it('pages', async () => {
    for (let i = 0; i < 3; i++) await create();
    const first = (await tenant.admin.get('/v1/webhook-endpoints?limit=2')).body as {
      data: ShownEndpoint[];
      page: { next: string };
    };
    expect(first.data).toHaveLength(2);
    const second = (await tenant.admin.get(`/v1/webhook-endpoints?limit=2&cursor=${first.page.next}`))
      .body as typeof first;
    expect(second.data).toHaveLength(1);
    expect(second.page.next).toBeNull();
    expect((await tenant.admin.get('/v1/webhook-endpoints?cursor=nonsense')).status).toBe(400);
  });

  it('saves and tests in one action: exactly what was signed and sent, secrets masked', async () => {
    receiver.answer('/webhook/test', answers.text('{"response": {}, "x":"ä"}', 201, { 'x-answer': 'yes' }));
    const { body } = await create({ headers: { 'X-Key': 'own-value' } }, '?test=true');
    const { test, secret } = body as { test: { request: { headers: Record<string, string> } }; secret: string };
    const [call] = receiver.requestsTo('/webhook/test');
    expect(call?.rawBody.toString()).toBe('{}');
    expect(test).toMatchObject({
      ok: true,
      request: { method: 'POST', url: `${receiver.url}/webhook/test`, body: '{}' },
      response: { status: 201, body: '{"response": {}, "x":"ä"}', headers: { 'x-answer': 'yes' } },
    });
    const sent = call!.headers;
    expect(test.request.headers).toMatchObject({
      authorization: 'Bearer ***',
      'x-key': '***',
      'webhook-signature': sent['webhook-signature'],
    });
    const at = new Date(Number(sent['webhook-timestamp']) * 1000);
    expect(sent).toMatchObject(signatureHeaders(sent['webhook-id']!, at, '{}', [{ value: secret }]));
    expect(sent['authorization']).toBe(`Bearer ${harness.authority.endpointTokens.at(-1)!.token}`);
    expect(JSON.stringify(body)).not.toContain(harness.authority.endpointTokens.at(-1)!.token);
  });

  it.each([
    ['a status', answers.status(500), /answered 500/],
    ['a redirect, which is not followed', answers.redirect('http://127.0.0.1:1/'), /answered 302/],
    ['text', answers.text('<html>'), /no JSON object/],
    ['an array', answers.json([]), /no JSON object/],
    ['too much', answers.flood(), /64 KiB/],
    ['a cut answer', answers.die(), /not finished/],
    ['a cut connection', answers.die({ beforeHeaders: true }), /./],
  ])('says what is wrong with %s, and saves all the same', async (_name, answer, error) => {
    receiver.answer('/webhook/test', answer);
    const { status, body } = await create({}, '?test=true');
    expect(status).toBe(201);
    expect(body).toMatchObject({ test: { ok: false, error: expect.stringMatching(error) as string } });
    expect(receiver.requests.every(({ path }) => path === '/webhook/test')).toBe(true);
  });

  it('reaches a receiver behind a private CA with its bundle, and only then', async () => {
    const tls = makeTestCertificates();
    const secure = await WebhookReceiver.start({ tls });
    try {
      const url = `${secure.url}/webhook`;
      const without = (await create({ url }, '?test=true')).body as { id: string; test: { error: string } };
      expect(without.test).toMatchObject({ ok: false, error: expect.stringMatching(/certificate/i) as string });
      expect(secure.requests).toEqual([]);
      const path = `/v1/webhook-endpoints/${without.id}`;
      expect((await tenant.admin.patch(`${path}?test=true`, { caBundle: tls.ca })).body).toMatchObject({
        test: { ok: true },
      });
      const other = makeTestCertificates();
      expect((await tenant.admin.patch(`${path}?test=true`, { caBundle: other.ca })).body).toMatchObject({
        test: { ok: false },
      });
      expect(secure.requests).toHaveLength(1);
    } finally {
      await secure.stop();
    }
  });

  it.each<[string, number, string, Record<string, unknown>]>([
    ['/url', 422, 'validation_failed', { url: 'hooks' }],
    ['/url', 422, 'validation_failed', { url: 'ftp://127.0.0.1/' }],
    ['/url', 422, 'validation_failed', { url: 'https://u:p@127.0.0.1/' }],
    ['/url', 422, 'validation_failed', { url: 'https://hooks.example.com/#x' }],
    ['/url', 422, 'validation_failed', { url: 'https://169.254.169.254/latest' }],
    ['/url', 422, 'validation_failed', { url: 'http://8.8.8.8/' }],
    ['/url', 422, 'validation_failed', { url: 'http://[::]/' }],
    ['/caBundle', 422, 'validation_failed', { caBundle: 'PEM' }],
    ['/headers/Host', 422, 'validation_failed', { headers: { Host: 'x' } }],
    ['/headers/x-countersign-hook', 422, 'validation_failed', { headers: { 'x-countersign-hook': 'x' } }],
    ['/headers/Transfer-Encoding', 422, 'validation_failed', { headers: { 'Transfer-Encoding': 'x' } }],
    ['/headers/x', 422, 'validation_failed', { headers: { x: 'a\r\nb' } }],
    ['/auth/name', 422, 'validation_failed', { auth: { type: 'header', name: 'host', value: 'x' } }],
    ['/hooks/0/hook', 422, 'validation_failed', { hooks: [{ hook: 'test' }] }],
    ['/hooks/1/hook', 422, 'validation_failed', { hooks: [{ hook: 'postCreateUser' }, { hook: 'postCreateUser' }] }],
    ['/hooks/0/mode', 422, 'hook_mode_not_allowed', { hooks: [{ hook: 'postCreateUser', mode: 'decide' }] }],
    ['/hooks/0/path', 400, 'malformed_request', { hooks: [{ hook: 'postCreateUser', path: '/a/../b' }] }],
    ['/hooks/0/timeoutMs', 400, 'malformed_request', { hooks: [{ hook: 'postCreateUser', timeoutMs: 0 }] }],
    ['/retry/schedule', 400, 'malformed_request', { retry: { schedule: Array.from({ length: 8 }, () => 86_400) } }],
    ['/token/roles/0', 400, 'malformed_request', { token: { roles: ['KING'] } }],
    ['/colour', 400, 'malformed_request', { colour: 'red' }],
  ])('refuses %s with %i %s', async (pointer, status, code, more) => {
    const answer = await create(more);
    const problem = answer.body as Problem;
    expect([answer.status, problem.code], problem.detail).toEqual([status, code]);
    expect(problem.errors?.map(error => error.pointer)).toContain(pointer);
  });

  it('lets one endpoint answer an awaited hook, also when several are saved at once', async () => {
    const hooks = [{ hook: 'validateUser' }];
    const saved = await Promise.all(Array.from({ length: 5 }, () => create({ hooks })));
    expect(saved.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(saved.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'hook_already_answered' });
    expect((await create({ hooks: [{ hook: 'validateUser', mode: 'shadow' }] })).status).toBe(201);
    // One that is switched off answers nothing, and cannot be switched on beside another.
    const off = await create({ hooks, enabled: false });
    expect(off.status).toBe(201);
    const { id } = off.body as ShownEndpoint;
    expect((await tenant.admin.post(`/v1/webhook-endpoints/${id}/enable`, undefined)).status).toBe(409);
    const winner = saved.find(({ status }) => status === 201)!.body as ShownEndpoint;
    expect((await tenant.admin.patch(`/v1/webhook-endpoints/${winner.id}`, { enabled: false })).status).toBe(200);
    expect((await tenant.admin.post(`/v1/webhook-endpoints/${id}/enable`, undefined)).status).toBe(200);
  });

  it('tells auth-mfa when roles change, so that older tokens are void', async () => {
    const { id } = (await create({ token: { roles: ['ORG_ADMIN'], ttlSeconds: 600 } })).body as ShownEndpoint;
    await tenant.admin.patch(`/v1/webhook-endpoints/${id}`, { token: { roles: ['HELPDESK'] } });
    expect(harness.authority.endpointTokens.filter(({ endpointId }) => endpointId === id).at(-1)).toMatchObject({
      roles: ['HELPDESK'],
      ttlSeconds: 600,
      tenantId: tenant.id,
    });
  });

  it('lists the hooks with schemas, samples and modes', async () => {
    const { body } = await tenant.admin.get('/v1/hooks');
    const hooks = body as Record<
      string,
      { modes: string[]; path: string; request: { schema: { type: string }; sample: unknown }; response: unknown }
    >;
    expect(hooks['validateUser']).toMatchObject({
      path: '/validateUser',
      modes: ['decide', 'shadow'],
      failurePolicy: 'deny',
      timeoutMs: 2_000,
      request: { schema: { type: 'object' }, sample: { request: { user: { login: 'shreyash2' } } } },
    });
    expect(hooks['postCreateUser']).toMatchObject({ modes: ['notify'], timeoutMs: 15_000 });
    expect(Object.keys(hooks)).toEqual(
      expect.arrayContaining(['test', 'preCreateUser', 'validateUpdateUser', 'preUpdateUser', 'postUpdateUser']),
    );
  });

  it('shows stats in fixed buckets', async () => {
    const { id } = (await create({ hooks: ['validateUser', 'postCreateUser'].map(hook => ({ hook })) }))
      .body as ShownEndpoint;
    receiver.answerOnce('/webhook/validateUser', answers.status(500));
    await tenant.ask('validateUser', { login: 'x' });
    await tenant.ask('validateUser', { login: 'x' });
    await tenant.deliveries();
    const stats = (await tenant.admin.get(`/v1/webhook-endpoints/${id}/stats`)).body as {
      from: string;
      succeeded: number;
      failed: number;
      p95Ms: number | null;
    }[];
    expect(stats).toHaveLength(24);
    expect(stats.reduce((sum, bucket) => sum + bucket.succeeded, 0)).toBe(1);
    expect(stats.reduce((sum, bucket) => sum + bucket.failed, 0)).toBe(1);
    expect(Date.parse(stats[1]!.from) - Date.parse(stats[0]!.from)).toBe(3_600_000);
  });
});
