import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import { newUser, Tenant } from '../support/tenant.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad input anywhere is a problem that names its field', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  const post = (raw: string | Buffer, headers: Record<string, string> = JSON_TYPE, path = '/v1/users') =>
    tenant.admin.send('POST', path, { raw, headers });

  it('answers 400 to malformed JSON', async () => {
    for (const raw of ['{', '{"login": }', "{'login': 'a'}", '{"login":"a"} trailing', '\u0000', '{"a":1e', '']) {
      expectProblem(await post(raw), { status: 400 });
    }
    expectProblem(await post(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), { status: 400 });
  });

  it('answers 400 to JSON that is no object', async () => {
    for (const raw of ['[]', 'null', '"text"', '7', 'true']) expectProblem(await post(raw), { status: 400 });
  });

  it('answers 400 to a prototype in the body and keeps working', async () => {
    const body = JSON.stringify(newUser()).replace('{', '{"__proto__": {"roles": ["ORG_ADMIN"]},');
    expectProblem(await post(body), { status: 400 });
    const nested = JSON.stringify(newUser()).replace('{', '{"constructor": {"prototype": {"x": 1}},');
    expectProblem(await post(nested), { status: 400 });
  });

  it('names every wrong field of a body at once', async () => {
    const answer = await tenant.admin.post('/v1/users', newUser({ firstName: 1, lastName: [], colour: 'red' }));
    const problem = expectProblem(answer, { status: 400 });
    const pointers = (problem.errors ?? []).map(({ pointer }) => pointer);
    for (const pointer of ['/firstName', '/lastName', '/colour']) expect(pointers).toContain(pointer);
  });

  it('escapes pointers as RFC 6901 does', async () => {
    const answer = await tenant.admin.post('/v1/users', newUser({ 'a/b~c': 1 }));
    expectProblem(answer, { status: 400, pointer: '/a~1b~0c' });
  });

  it('refuses text that a database cannot keep, and text without end', async () => {
    for (const firstName of ['a\u0000b', 'x'.repeat(100_000), '']) {
      const answer = await tenant.admin.post('/v1/users', newUser({ firstName }));
      expect([400, 422], answer.text.slice(0, 300)).toContain(answer.status);
      expectProblem(answer, { status: answer.status, pointer: '/firstName' });
    }
    const lone = await post(JSON.stringify(newUser()).replace('Shreyash2', '\\ud800'));
    expect([201, 400, 422], lone.text).toContain(lone.status);
  });

  it('answers 413 to a body beyond the limit', async () => {
    const raw = JSON.stringify(newUser({ firstName: 'x'.repeat(30 * 1024 * 1024) }));
    const answer = await post(raw).catch((error: unknown) => error);
    // The door may close while the rest is still on its way: the client then sees the answer or the closed connection.
    if (answer instanceof Error) expect(answer.message).toMatch(/socket|reset|closed|EPIPE/i);
    else expectProblem(answer as Awaited<ReturnType<typeof post>>, { status: 413 });
    expectStatus(await tenant.admin.get('/v1/users'), 200);
  });

  it('answers 415 to another media type', async () => {
    const raw = JSON.stringify(newUser());
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      expectProblem(await post(raw, { 'content-type': type }), { status: 415 });
    }
    const charset = await post(raw, { 'content-type': 'application/json; charset=utf-8' });
    expectStatus(charset, 201);
  });

  it('answers 404 to a path that is none', async () => {
    for (const path of [
      '/v1/nothing',
      '/v2/users',
      '/nothing',
      '/v1',
      '/v1/users/usr_1/nothing',
      '/.env',
      '/internal',
    ]) {
      expectProblem(await tenant.admin.get(path), { status: 404 });
    }
  });

  it('answers 405 with Allow to a method that a path does not have', async () => {
    for (const [method, path] of [
      ['PUT', '/v1/users'],
      ['DELETE', '/v1/users'],
      ['PATCH', '/v1/groups'],
      ['GET', '/v1/login'],
    ] as const) {
      const answer = await tenant.admin.send(method, path, method === 'GET' ? {} : { body: {} });
      expectProblem(answer, { status: 405 });
      expect(answer.headers['allow'], `${method} ${path}`).toMatch(/[A-Z]/);
    }
  });

  it('answers 400 to path tricks and never reaches /internal', async () => {
    const tricks = [
      '/v1/../internal/tenants',
      '/v1/./users',
      '/v1/users/..',
      '/v1/%2e%2e/internal/tenants',
      '/v1/%2E%2E/internal/tenants',
      '/v1/.%2e/internal/tenants',
      '//v1/users',
      '/v1//users',
      '/v1/users%2fusr_1',
      '/v1/users%2Fusr_1',
      '/v1/users%5cusr_1',
      '/v1/users\\usr_1',
    ];
    for (const path of tricks) {
      const answer = await tenant.admin.get(path);
      expect(answer.status, `${path}: ${answer.text}`).toBe(400);
      expectProblem(answer, { status: 400 });
    }
    for (const path of ['/internal/tenants', '/internal/hooks/ask', '/INTERNAL/tenants', '/v1/internal/tenants']) {
      expectProblem(await tenant.admin.get(path), { status: 404 });
      expectProblem(await tenant.admin.post(path, {}), { status: 404 });
    }
  });

  it("answers broken escapes and absurd queries as the client's fault", async () => {
    for (const path of [
      '/v1/users/%',
      '/v1/users/%zz',
      '/v1/users/%ff%fe',
      '/v1/users/%00',
      '/v1/users?limit=%',
      '/v1/users?limit=1&limit=2',
    ]) {
      const answer = await tenant.admin.get(path);
      expect([400, 404], `${path}: ${answer.text}`).toContain(answer.status);
      expectProblem(answer, { status: answer.status });
    }
    const long = await tenant.admin.get(`/v1/users?filter=${'a'.repeat(9_000)}`);
    expect([400, 414, 431], long.text).toContain(long.status);
  });

  it('never answers 500 to odd ids', async () => {
    for (const id of ["'", '"', 'usr_', 'usr_%20', '%F0%9F%98%80', 'a'.repeat(2_000), '-1', 'null', '__proto__']) {
      for (const resource of ['users', 'groups', 'webhook-endpoints', 'deliveries']) {
        const answer = await tenant.admin.get(`/v1/${resource}/${id}`);
        expect([400, 404, 414], `${resource}/${id}: ${answer.text}`).toContain(answer.status);
      }
    }
  });

  it('answers 400 to a login that is none', async () => {
    for (const body of [
      {},
      { tenant: 1, login: 2, password: 3 },
      { tenant: 'a', login: 'b', password: 'c', extra: 1 },
    ]) {
      expectProblem(await tenant.anonymous.post('/v1/login', body), { status: 400 });
    }
  });

  it('tells nothing of its inside', async () => {
    for (const answer of [
      await post('{'),
      await tenant.admin.get('/v1/users?filter=%27'),
      await tenant.admin.get('/v1/users/%'),
    ]) {
      expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at \w+ \(|SELECT|TypeORM|postgres/i);
    }
  });
});
