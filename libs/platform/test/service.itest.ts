import { createHash, randomUUID } from 'node:crypto';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Problem } from '../src/index.js';
import { startHarness, until, type Harness } from './harness.js';
import { effects } from './sample-service.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
  await until(
    async () => (await call('GET', '/v1/mine', { token: await harness.authority.token({}) })).status === 200,
    10_000,
  );
});
afterAll(() => harness?.close());

interface Call {
  token?: string;
  service?: string;
  headers?: Record<string, string>;
  body?: unknown;
  raw?: string;
}

async function call(method: 'GET' | 'POST', path: string, options: Call = {}) {
  const headers: Record<string, string> = { ...options.headers };
  if (options.token) headers['authorization'] = `Bearer ${options.token}`;
  if (options.service) headers['x-countersign-service'] = options.service;
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  if (body !== undefined) headers['content-type'] ??= 'application/json';
  const answer = await request(new URL(path, harness.service.url), { method, headers, body });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    json: JSON.parse(text || '{}') as Problem & Record<string, unknown>,
  };
}

describe('a route', () => {
  it('is closed when nothing says who may call it', async () => {
    expect(
      await call('GET', '/v1/closed', { token: await harness.authority.token({ roles: ['ORG_ADMIN'] }) }),
    ).toMatchObject({
      status: 403,
    });
  });

  it('needs a token, and one of its roles', async () => {
    expect(await call('GET', '/v1/mine')).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(await call('GET', '/v1/admin', { token: await harness.authority.token({}) })).toMatchObject({ status: 403 });
    const admin = await harness.authority.token({ roles: ['ORG_ADMIN'] });
    expect((await call('GET', '/v1/admin', { token: admin })).status).toBe(200);
  });

  it('sees tenant and actor of the token, whatever headers say', async () => {
    const token = await harness.authority.token({ sub: 'webhook:ep_1', userId: 'usr_p' });
    const answer = await call('GET', '/v1/mine', { token, headers: { 'x-countersign-tenant': 'other' } });
    expect(answer.json).toEqual({ tenantId: 'acme', actor: { type: 'endpoint', id: 'ep_1' } });
  });

  it('refuses tokens of another issuer, audience, type, key, and expired ones', async () => {
    const { token, serviceTokens } = harness.authority;
    const bad = [
      token({ iss: 'http://elsewhere' }),
      token({ aud: 'other' as 'countersign' }),
      token({}, { typ: 'JWT' }),
      token({}, { kid: 'unknown' }),
      token({ exp: Math.floor(Date.now() / 1000) - 60 }),
      token({ tenantId: 'NOT A SLUG' }),
      serviceTokens('gateway').then(tokens => tokens.tokenFor('sample')),
      Promise.resolve('e30.e30.'),
    ];
    for (const each of bad) {
      expect(await call('GET', '/v1/mine', { token: await each })).toMatchObject({
        status: 401,
        json: { code: 'invalid_token' },
      });
    }
  });

  it('takes the client’s address from a service only', async () => {
    const header = { 'x-countersign-client': '203.0.113.7' };
    expect((await call('GET', '/v1/open', { headers: header })).json['clientIp']).toBe('127.0.0.1');
    const service = await (await harness.authority.serviceTokens('gateway')).tokenFor('sample');
    expect((await call('GET', '/v1/open', { headers: header, service })).json['clientIp']).toBe('203.0.113.7');
  });
});

describe('an internal route', () => {
  it('takes a service token of the callers it lists, with the tenant and actor beside it', async () => {
    const service = await (await harness.authority.serviceTokens('gateway')).tokenFor('sample');
    const headers = { 'x-countersign-tenant': 'acme', 'x-countersign-actor': 'user:usr_1:usr_2' };
    expect((await call('GET', '/internal/for-gateway', { service, headers })).json).toEqual({
      tenantId: 'acme',
      actor: { type: 'user', id: 'usr_1', delegateeId: 'usr_2' },
    });
  });

  it('takes nothing else', async () => {
    const token = await harness.authority.token({ roles: ['ORG_ADMIN'] });
    expect((await call('GET', '/internal/for-gateway', { token })).status).toBe(401);
    expect((await call('GET', '/internal/for-gateway', { service: token })).status).toBe(401);
    const stranger = await (await harness.authority.serviceTokens('stranger')).tokenFor('sample');
    expect((await call('GET', '/internal/for-gateway', { service: stranger })).status).toBe(403);
  });
});

describe('bad input', () => {
  const post = async (options: Call) =>
    call('POST', '/v1/things', { token: await harness.authority.token({}), ...options });

  it.each<[string, Call, number, string]>([
    ['JSON that is none', { raw: '{"name":' }, 400, 'malformed_request'],
    [
      'a body of another type',
      { raw: 'name=x', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    ['a body above 1 MiB', { body: { name: 'x'.repeat(1_100_000) } }, 413, 'body_too_large'],
    ['no body', {}, 400, 'malformed_request'],
    ['a __proto__', { raw: '{"name":"ab","__proto__":{"a":1}}' }, 400, 'malformed_request'],
  ])('is a problem document: %s', async (_, options, status, code) => {
    const answer = await post(options);
    expect(answer).toMatchObject({ status, json: { status, code } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('names each field', async () => {
    const answer = await post({ body: { name: 'x', parts: [{ size: 'big' }], extra: 1 } });
    expect(answer.json.errors?.map(error => error.pointer)).toEqual(['/name', '/parts/0/size', '/extra']);
  });

  it('is 404 on a path that is not there', async () => {
    expect(await call('GET', '/v1/nothing')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });

  it('shows nothing of a defect, and only what the schema names of a success', async () => {
    const defect = await post({ body: { name: 'defect' } });
    expect(defect.status).toBe(500);
    expect(JSON.stringify(defect.json)).not.toContain('secret');
    expect((await post({ body: { name: 'fine' } })).json).not.toHaveProperty('hidden');
  });
});

describe('Idempotency-Key', () => {
  let token: string;
  const post = (key: string, body: unknown, as = token) =>
    call('POST', '/v1/things', { token: as, body, headers: { 'idempotency-key': key } });

  beforeEach(async () => {
    token = await harness.authority.token({});
    effects.gate = Promise.resolve();
  });

  it('answers a repetition as the first time, without a second effect', async () => {
    const key = randomUUID();
    const first = await post(key, { name: 'once' });
    const before = effects.count;
    const again = await post(key, { name: 'once' });
    expect(again).toMatchObject({ status: 201, json: first.json, headers: { 'idempotency-replayed': 'true' } });
    expect(effects.count).toBe(before);
  });

  it('belongs to one principal of one tenant', async () => {
    const key = randomUUID();
    const first = await post(key, { name: 'mine' });
    const other = await post(key, { name: 'mine' }, await harness.authority.token({ userId: 'usr_other' }));
    const elsewhere = await post(key, { name: 'mine' }, await harness.authority.token({ tenantId: 'other' }));
    expect(new Set([first.json['id'], other.json['id'], elsewhere.json['id']]).size).toBe(3);
  });

  it('refuses another body', async () => {
    const key = randomUUID();
    await post(key, { name: 'first' });
    expect(await post(key, { name: 'second' })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
  });

  it('refuses a second request while the first runs, and lets it take over once the lease is over', async () => {
    const key = randomUUID();
    let open = () => {};
    effects.gate = new Promise(resolve => (open = resolve));
    const before = effects.count;
    const first = post(key, { name: 'slow' });
    await until(() => Promise.resolve(effects.count === before + 1), 6_000);
    expect(await post(key, { name: 'slow' })).toMatchObject({ status: 409, json: { code: 'request_in_progress' } });
    await harness.sql(`update sample.idempotency_key set locked_until = now() - interval '1 s' where key = '${key}'`);
    open();
    expect((await post(key, { name: 'slow' })).status).toBe(201);
    await first;
  });

  it('is free again after a refusal, and its kept answer is sealed', async () => {
    const key = randomUUID();
    expect((await post(key, { name: 'x' })).status).toBe(400);
    expect((await post(key, { name: 'visible-name' })).status).toBe(201);
    const rows = await harness.sql(
      `select encode(answer, 'escape') as answer from sample.idempotency_key where key = '${key}'`,
    );
    expect(JSON.stringify(rows)).not.toContain('visible-name');
  });

  it('keeps no digest of a body that a password in it could be guessed from', async () => {
    const key = randomUUID();
    const body = { name: 'four quiet green lamps' };
    await post(key, body);
    const guess = createHash('sha256')
      .update(`/v1/things\n${JSON.stringify(body)}`)
      .digest('hex');
    const rows = (await harness.sql(
      `select encode(fingerprint, 'hex') as kept from sample.idempotency_key where key = '${key}'`,
    )) as { kept: string }[];
    expect(rows).toHaveLength(1);
    expect(rows[0]!.kept).not.toBe(guess);
  });

  it('refuses a body nested too deep to be read, like any other', async () => {
    const raw = `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const answer = await call('POST', '/v1/things', { token, raw, headers: { 'idempotency-key': randomUUID() } });
    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed_request' } });
  });
});
