import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { claimsOf, headerOf } from '../support/login.js';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { Endpoint } from '../support/resources.js';
import { newEndpoint, newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('the token that every call to an endpoint carries', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
  });

  afterAll(() => receiver.stop());

  /** A new endpoint with these token settings, and a token that its receiver got. */
  async function tokenOf(token: Readonly<Record<string, unknown>> | undefined): Promise<{ id: string; token: string }> {
    const own = await WebhookReceiver.start();
    try {
      const body = newEndpoint(own.url, ['postCreateUser'], token ? { token } : {});
      const answer = await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', body);
      const { id } = expectStatus(answer, 201).body;
      const [call] = await own.waitFor('test');
      return { id, token: call?.token ?? '' };
    } finally {
      await own.stop();
    }
  }

  it("is an access token of the endpoint's own principal", async () => {
    const { id, token } = await tokenOf({ roles: ['ORG_ADMIN'], ttlSeconds: 600 });
    expect(headerOf(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = claimsOf(token);
    expect(claims).toMatchObject({
      sub: `webhook:${id}`,
      tenantId: tenant.slug,
      roles: ['ORG_ADMIN'],
      delegatee: null,
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  });

  it('creates a group where its roles allow that, and is refused where they do not', async () => {
    const admin = tenant.admin.as((await tokenOf({ roles: ['ORG_ADMIN'], ttlSeconds: 600 })).token);
    const group = expectStatus(
      await admin.post<{ id: string }>('/v1/groups', { name: uniqueName('by-hook-') }),
      201,
    ).body;
    expectStatus(await tenant.admin.get(`/v1/groups/${group.id}`), 200);
    const { token } = await tokenOf(undefined);
    expect(claimsOf(token)['roles']).toEqual(['AUDITOR']);
    const auditor = tenant.admin.as(token);
    expectStatus(await auditor.get('/v1/users'), 200);
    expectProblem(await auditor.post('/v1/groups', { name: uniqueName('no-') }), { status: 403 });
  });

  it('makes neither keys nor endpoints, rotates and reads no secret, whatever its roles', async () => {
    const { id, token } = await tokenOf({ roles: ['ORG_ADMIN'], ttlSeconds: 600 });
    const api = tenant.admin.as(token);
    const endpoint = newEndpoint(receiver.url, ['postCreateUser']);
    expectProblem(await api.post('/v1/webhook-endpoints', endpoint), { status: 403 });
    expectProblem(await api.post('/v1/api-keys', { name: 'x', roles: ['AUDITOR'] }), { status: 403 });
    expectProblem(await api.post(`/v1/webhook-endpoints/${id}/rotate-secret`), { status: 403 });
    const secret = await api.get(`/v1/webhook-endpoints/${id}/secret`);
    expect([401, 403]).toContain(secret.status);
  });

  it('is void within the bound of a revocation once the endpoint is deleted', async () => {
    const { id, token } = await tokenOf({ roles: ['ORG_ADMIN'], ttlSeconds: 600 });
    const api = tenant.admin.as(token);
    expectStatus(await api.get('/v1/users'), 200);
    expectStatus(await tenant.admin.delete(`/v1/webhook-endpoints/${id}`), 204);
    await eventually('the token is refused', async () => (await api.get('/v1/users')).status === 401, {
      deadlineMs: 6_000,
    });
  });

  it("is void once the endpoint's roles change, and the next call brings one with the new roles", async () => {
    const endpoint = await tenant.createEndpoint(receiver, ['postCreateUser'], {
      token: { roles: ['ORG_ADMIN'], ttlSeconds: 600 },
    });
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    expectStatus(await tenant.admin.post(`${path}/test`), 200);
    const before = receiver.received('test').at(-1)?.token ?? '';
    expectStatus(await tenant.admin.patch(path, { token: { roles: ['AUDITOR'], ttlSeconds: 600 } }), 200);
    const api = tenant.admin.as(before);
    await eventually('the old token is refused', async () => (await api.get('/v1/users')).status === 401, {
      deadlineMs: 6_000,
    });
    expectStatus(await tenant.admin.post(`${path}/test`), 200);
    const after = receiver.received('test').at(-1)?.token ?? '';
    expect(claimsOf(after)['roles']).toEqual(['AUDITOR']);
    expectStatus(await tenant.admin.as(after).get('/v1/users'), 200);
  });

  it("makes room for the receiver's own credentials and then travels beside them", async () => {
    const own = await WebhookReceiver.start();
    try {
      const auth = { type: 'bearer', token: 'receiver-own-token' };
      const endpoint = newEndpoint(own.url, ['postCreateUser'], { auth });
      const answer = expectStatus(await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', endpoint), 201);
      const [call] = await own.waitFor('test');
      expect(call?.headers['authorization']).toBe('Bearer receiver-own-token');
      expect(call?.headers['x-countersign-authorization']).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
      expect(answer.text).not.toContain('receiver-own-token');
    } finally {
      await own.stop();
    }
  });

  it('is the actor in the audit log of what it did', async () => {
    const { id, token } = await tokenOf({ roles: ['ORG_ADMIN'], ttlSeconds: 600 });
    const user = expectStatus(await tenant.admin.as(token).post<{ id: string }>('/v1/users', newUser()), 201).body;
    const filter = encodeURIComponent(`target.id eq "${user.id}"`);
    const text = await eventually('the audit row is there', async () => {
      const answer = await tenant.admin.get<{ data: unknown[] }>(`/v1/audit?filter=${filter}`);
      return answer.body.data.length > 0 ? answer.text : undefined;
    });
    expect(text).toContain(id);
  });
});
