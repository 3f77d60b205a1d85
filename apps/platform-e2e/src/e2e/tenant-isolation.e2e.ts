import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, type Tokens } from '../support/login.js';
import { eventually } from '../support/eventually.js';
import { strongPassword } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { Delivery, Endpoint, Group, Page, User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { newUser } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('tenant A never sees anything of tenant B', () => {
  let a: Tenant;
  let b: Tenant;
  let receiver: WebhookReceiver;
  let user: User;
  let group: Group;
  let endpoint: Endpoint;
  let delivery: Delivery;
  let key: { id: string; key: string };

  beforeAll(async () => {
    [a, b, receiver] = await Promise.all([Tenant.create(), Tenant.create(), WebhookReceiver.start()]);
    endpoint = await b.createEndpoint(receiver, ['postCreateUser']);
    group = await b.createGroup();
    user = await b.createUser({ assignedGroups: [group.id], password: strongPassword() });
    const body = { name: 'b', roles: ['AUDITOR'] };
    key = expectStatus(await b.admin.post<{ id: string; key: string }>('/v1/api-keys', body), 201).body;
    delivery = await eventually('B has a delivery', async () => {
      const page = await b.admin.get<Page<Delivery>>('/v1/deliveries');
      return expectStatus(page, 200).body.data[0];
    });
  });

  afterAll(() => receiver.stop());

  it('answers 404 to every call that bears an id of B', async () => {
    const paths: [string, string, unknown?][] = [
      ['GET', `/v1/users/${user.id}`],
      ['PATCH', `/v1/users/${user.id}`, { country: 'Peru' }],
      ['DELETE', `/v1/users/${user.id}`],
      ['POST', `/v1/users/${user.id}/disable`],
      ['POST', `/v1/users/${user.id}/enable`],
      ['POST', `/v1/users/${user.id}/password-reset`],
      ['GET', `/v1/groups/${group.id}`],
      ['PATCH', `/v1/groups/${group.id}`, { name: 'stolen' }],
      ['DELETE', `/v1/groups/${group.id}`],
      ['GET', `/v1/groups/${group.id}/members`],
      ['PUT', `/v1/groups/${group.id}/members/${user.id}`],
      ['DELETE', `/v1/groups/${group.id}/members/${user.id}`],
      ['GET', `/v1/webhook-endpoints/${endpoint.id}`],
      ['PATCH', `/v1/webhook-endpoints/${endpoint.id}`, { enabled: false }],
      ['DELETE', `/v1/webhook-endpoints/${endpoint.id}`],
      ['POST', `/v1/webhook-endpoints/${endpoint.id}/test`],
      ['POST', `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`],
      ['GET', `/v1/deliveries/${delivery.id}`],
      ['POST', `/v1/deliveries/${delivery.id}/redeliver`],
      ['DELETE', `/v1/api-keys/${key.id}`],
      ['GET', `/v1/explain/${user.id}`],
    ];
    for (const [method, path, body] of paths) {
      const answer = await a.admin.send(method, path, { body });
      expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(404);
      expectProblem(answer, { status: 404 });
      expect(answer.text).not.toContain(user.login);
    }
    expect((await b.admin.get<User>(`/v1/users/${user.id}`)).body).toEqual(user);
    expectStatus(await b.admin.get(`/v1/webhook-endpoints/${endpoint.id}`), 200);
    expectStatus(await b.admin.get(`/v1/groups/${group.id}`), 200);
  });

  it('mixes no ids of B into what A owns', async () => {
    const own = { user: await a.createUser(), group: await a.createGroup() };
    expectProblem(await a.admin.put(`/v1/groups/${own.group.id}/members/${user.id}`), { status: 404 });
    expectProblem(await a.admin.put(`/v1/groups/${group.id}/members/${own.user.id}`), { status: 404 });
    expectProblem(await a.admin.post('/v1/users', newUser({ manager: user.id })), { status: 422, pointer: '/manager' });
    expectProblem(await a.admin.post('/v1/users', newUser({ assignedGroups: [group.id] })), { status: 422 });
    expectProblem(await a.admin.patch(`/v1/users/${own.user.id}`, { manager: user.id }), { status: 422 });
  });

  it('shows nothing of B in any list or filter', async () => {
    const lists = [
      '/v1/users',
      `/v1/users?filter=${encodeURIComponent(`login eq "${user.login}"`)}`,
      '/v1/groups',
      '/v1/webhook-endpoints',
      '/v1/api-keys',
      '/v1/deliveries',
      `/v1/deliveries?filter=${encodeURIComponent(`endpoint eq "${endpoint.id}"`)}`,
      '/v1/audit?limit=200',
      `/v1/audit?filter=${encodeURIComponent(`target.id eq "${user.id}"`)}`,
    ];
    for (const path of lists) {
      const { text } = expectStatus(await a.admin.get(path), 200);
      for (const secret of [user.id, user.login, group.id, endpoint.id, delivery.id, key.id, b.slug]) {
        expect(text, `${path} shows ${secret}`).not.toContain(secret);
      }
    }
  });

  it('does not take a cursor of B', async () => {
    await b.createUser();
    const page = expectStatus(await b.admin.get<Page<User>>('/v1/users?limit=1'), 200).body;
    const answer = await a.admin.get<Page<User>>(
      `/v1/users?limit=1&cursor=${encodeURIComponent(page.page.next ?? '')}`,
    );
    if (answer.status === 200) expect(answer.text).not.toContain(b.slug);
    else expectProblem(answer, { status: 400 });
    expect(answer.text).not.toContain(user.login);
  });

  it('keeps the tenant of the token whatever headers say', async () => {
    const headers = { 'x-countersign-tenant': b.slug, 'x-tenant': b.slug, 'x-countersign-service': 'gateway' };
    expectProblem(await a.admin.get(`/v1/users/${user.id}`, headers), { status: 404 });
    const { body } = expectStatus(await a.admin.post<User>('/v1/users', newUser(), headers), 201);
    expectStatus(await a.admin.get(`/v1/users/${body.id}`), 200);
    expectProblem(await b.admin.get(`/v1/users/${body.id}`), { status: 404 });
  });

  it('ties every secret to the tenant that starts it', async () => {
    const swap = (secret: string) => secret.replace(b.slug, a.slug);
    const refresh = (refreshToken: string) => a.anonymous.post<Tokens>('/v1/token/refresh', { refreshToken });
    expectProblem(await refresh(swap(b.adminTokens.refreshToken)), { status: 401 });
    expectProblem(await a.anonymous.as(swap(key.key)).get('/v1/users'), { status: 401 });
    const renewed = expectStatus(await refresh(b.adminTokens.refreshToken), 200).body;
    expect(claimsOf(renewed.accessToken)['tenantId']).toBe(b.slug);
  });

  it('logs the same login of two tenants into its own', async () => {
    const credentials = { login: b.adminLogin, password: b.adminPassword };
    expectProblem(await a.anonymous.post('/v1/login', { tenant: a.slug, ...credentials }), {
      status: 401,
      code: 'invalid_credentials',
    });
  });

  it('calls no receiver of B for a change in A', async () => {
    const before = await a.createUser();
    const after = await b.createUser();
    await receiver.waitForLogin('postCreateUser', after.login);
    expect(receiver.calls.some(call => call.text.includes(before.login))).toBe(false);
    expect(receiver.calls.every(call => call.headers['x-countersign-tenant'] === b.slug)).toBe(true);
  });
});
