import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { json } from '../support/receiver-behaviour.js';
import type { Page, User } from '../support/resources.js';
import { newEndpoint, newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('Idempotency-Key', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  const key = (value = uniqueName('key-')) => ({ 'idempotency-key': value });

  it('answers a repeated POST with the first answer and makes one user', async () => {
    const [body, headers] = [newUser(), key()];
    const first = expectStatus(await tenant.admin.post<User>('/v1/users', body, headers), 201);
    const second = expectStatus(await tenant.admin.post<User>('/v1/users', body, headers), 201);
    expect(second.text).toBe(first.text);
    expect(second.headers['location']).toBe(first.headers['location']);
    const filter = encodeURIComponent(`login eq "${String(body['login'])}"`);
    expect((await tenant.admin.get<Page<User>>(`/v1/users?filter=${filter}`)).body.data.length).toBe(1);
  });

  it('refuses the key for another body', async () => {
    const headers = key();
    expectStatus(await tenant.admin.post('/v1/users', newUser(), headers), 201);
    const other = await tenant.admin.post('/v1/users', newUser(), headers);
    expectProblem(other, { status: 422, code: 'idempotency_key_reused' });
  });

  it('holds per path and per principal', async () => {
    const headers = key();
    expectStatus(await tenant.admin.post('/v1/users', newUser(), headers), 201);
    expectStatus(await tenant.admin.post('/v1/groups', { name: uniqueName('g-') }, headers), 201);
    const colleague = (await tenant.signUp(['ORG_ADMIN'])).api;
    expectStatus(await colleague.post('/v1/users', newUser(), headers), 201);
    const elsewhere = await Tenant.create();
    expectStatus(await elsewhere.admin.post('/v1/users', newUser(), headers), 201);
  });

  it('answers 409 while the first is still running, and its answer afterwards', async () => {
    const receiver = await WebhookReceiver.start();
    onTestFinished(() => receiver.stop());
    const own = await Tenant.create();
    let release: () => void = () => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    receiver.on('validateUser', async (call, response) => {
      await held;
      await json({ response: {} })(call, response);
    });
    await own.createEndpoint(receiver, [{ hook: 'validateUser', timeoutMs: 5_000 }]);
    const [body, headers] = [newUser(), key()];
    const first = own.admin.post<User>('/v1/users', body, headers);
    await receiver.waitFor('validateUser');
    const during = await own.admin.post('/v1/users', body, headers);
    release();
    expectProblem(during, { status: 409 });
    const created = expectStatus(await first, 201);
    expect(expectStatus(await own.admin.post('/v1/users', body, headers), 201).text).toBe(created.text);
  });

  it('gives one user for many POSTs at once', async () => {
    const [body, headers] = [newUser(), key()];
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tenant.admin.post<User>('/v1/users', body, headers)),
    );
    for (const answer of answers) expect([201, 409], answer.text).toContain(answer.status);
    const ids = new Set(answers.filter(({ status }) => status === 201).map(answer => answer.body.id));
    expect(ids.size).toBe(1);
  });

  it('returns a secret that was shown once again to the one who asks again', async () => {
    const body = newEndpoint('http://127.0.0.1:9/webhook', ['postCreateUser'], { enabled: false });
    const headers = key();
    const first = expectStatus(
      await tenant.admin.post<{ secret: string }>('/v1/webhook-endpoints', body, headers),
      201,
    );
    const second = expectStatus(
      await tenant.admin.post<{ secret: string }>('/v1/webhook-endpoints', body, headers),
      201,
    );
    expect(second.body).toEqual(first.body);
  });

  it('is ignored at login', async () => {
    const headers = key();
    const login = { tenant: tenant.slug, login: tenant.adminLogin, password: tenant.adminPassword };
    const first = expectStatus(await tenant.anonymous.post<{ transaction: string }>('/v1/login', login, headers), 200);
    const second = expectStatus(await tenant.anonymous.post<{ transaction: string }>('/v1/login', login, headers), 200);
    expect(second.text).not.toBe(first.text);
  });

  it('lets a refused create be corrected under a new key, and repeats the refusal under the old one', async () => {
    const user = await tenant.createUser();
    const headers = key();
    const body = newUser({ login: user.login });
    expectProblem(await tenant.admin.post('/v1/users', body, headers), { status: 409 });
    expectProblem(await tenant.admin.post('/v1/users', body, headers), { status: 409 });
    expectStatus(await tenant.admin.post('/v1/users', newUser(), key()), 201);
  });
});
