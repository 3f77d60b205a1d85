import type { TenantId } from '@countersign/kernel';
import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, World } from './world.js';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

interface Issued {
  accessToken: string;
  expiresAt: string;
}

async function endpointToken(endpointId: string, roles: string[], of = tenant): Promise<Issued> {
  const api = await world.as('webhook-dispatcher', of);
  const { status, body } = await api.post('/internal/endpoint-tokens', { endpointId, roles, ttlSeconds: 3600 });
  expect(status).toBe(200);
  return body as Issued;
}

async function refused(accessToken: string, code: string): Promise<void> {
  await eventually(async () => {
    const { status, body } = await world.auth.api.as(accessToken).get('/v1/me/sessions');
    expect([status, (body as { code: string }).code]).toEqual([401, code]);
  });
}
const accepted = async (accessToken: string) =>
  (await world.auth.api.as(accessToken).get('/v1/me/sessions')).status === 200;

describe("a webhook endpoint's token", () => {
  it('names the endpoint and its own principal, with the roles that were given', async () => {
    const { accessToken, expiresAt } = await endpointToken('ep_1', ['AUDITOR']);
    const claims = claimsOf(accessToken);
    expect(claims).toMatchObject({
      sub: 'webhook:ep_1',
      delegatee: null,
      delegateeId: null,
      firstLogin: false,
      roles: ['AUDITOR'],
      tenantId: tenant,
      userId: expect.stringMatching(/^usr_/),
    });
    expect(new Date(expiresAt).getTime()).toBe(Number(claims['exp']) * 1000);
    expect(Number(claims['exp']) - Number(claims['iat'])).toBeLessThanOrEqual(3600);
    const again = claimsOf((await endpointToken('ep_1', ['AUDITOR'])).accessToken);
    expect(again['userId']).toBe(claims['userId']);
    expect(await accepted(accessToken)).toBe(true);
  });

  it('is one principal, however many ask for the first token at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => endpointToken('ep_many', ['AUDITOR'])));
    expect(new Set(tokens.map(token => claimsOf(token.accessToken)['userId'])).size).toBe(1);
  });

  it('is stale once the roles are others, and the next one is good at once', async () => {
    const before = await endpointToken('ep_roles', ['AUDITOR']);
    const after = await endpointToken('ep_roles', ['AUDITOR', 'HELPDESK']);
    await refused(before.accessToken, 'token_stale');
    expect(await accepted(after.accessToken)).toBe(true);
    const same = await endpointToken('ep_roles', ['HELPDESK', 'AUDITOR']);
    expect(await accepted(after.accessToken)).toBe(true);
    expect(await accepted(same.accessToken)).toBe(true);
  });

  it('is revoked with the endpoint, and a late request does not bring it back', async () => {
    const { accessToken } = await endpointToken('ep_gone', ['AUDITOR']);
    const api = await world.as('webhook-dispatcher', tenant);
    for (const id of ['ep_gone', 'ep_gone', 'ep_never_seen']) {
      expect((await api.delete(`/internal/endpoint-tokens/${id}`)).status).toBe(204);
    }
    await refused(accessToken, 'token_revoked');
    for (const endpointId of ['ep_gone', 'ep_never_seen']) {
      const answer = await api.post('/internal/endpoint-tokens', { endpointId, roles: ['AUDITOR'], ttlSeconds: 60 });
      expect(answer.status).toBe(404);
    }
  });

  it('belongs to one tenant: the same id elsewhere is another principal', async () => {
    const other = await world.tenant();
    const mine = claimsOf((await endpointToken('ep_shared', ['AUDITOR'])).accessToken);
    const theirs = claimsOf((await endpointToken('ep_shared', ['AUDITOR'], other)).accessToken);
    expect(theirs['userId']).not.toBe(mine['userId']);
    expect(theirs['tenantId']).toBe(other);
  });

  it('is for the dispatcher alone, and neither signs out nor changes passwords', async () => {
    const { accessToken } = await endpointToken('ep_limits', ['ORG_ADMIN']);
    const api = world.auth.api.as(accessToken);
    expect((await api.post('/v1/logout')).status).toBe(403);
    const passwords = { currentPassword: 'x', newPassword: 'seven loud yellow bells' };
    expect((await api.post('/v1/me/password', passwords)).status).toBe(403);
    expect((await api.post('/v1/api-keys', { name: 'k', roles: ['AUDITOR'] })).status).toBe(403);
    const [admin, user] = [await world.person(tenant, { roles: ['ORG_ADMIN'] }), await world.person(tenant)];
    expect((await api.post(`/v1/users/${admin.user.id}/password-reset`)).status).toBe(403);
    expect((await api.post(`/v1/users/${user.user.id}/password-reset`)).status).toBe(200);
    const gateway = await world.as('gateway', tenant);
    const body = { endpointId: 'ep_1', roles: ['AUDITOR'], ttlSeconds: 60 };
    expect((await gateway.post('/internal/endpoint-tokens', body)).status).toBe(403);
  });
});

describe('API keys', () => {
  const exchange = async (key: string) => (await world.as('gateway')).post('/internal/api-keys/exchange', { key });

  it('are shown once, listed without the secret, and exchanged for a token of 60 s', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const made = await admin.api.post('/v1/api-keys', { name: ' CI ', roles: ['AUDITOR', 'AUDITOR'] });
    expect(made.status).toBe(201);
    const { id, key } = made.body as { id: string; key: string };
    expect(made.body).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'CI',
      roles: ['AUDITOR'],
      createdBy: admin.person.user.id,
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
      key: expect.stringMatching(new RegExp(`^csk_${tenant}\\.[A-Za-z0-9_-]{43}$`)),
    });
    expect(made.headers['location']).toBe(`/v1/api-keys/${id}`);
    expect(JSON.stringify(await world.rows(tenant, 'select * from api_key'))).not.toContain(key.split('.')[1]);

    const exchanged = await exchange(key);
    expect(exchanged.status).toBe(200);
    const claims = claimsOf((exchanged.body as Issued).accessToken);
    expect(claims).toMatchObject({ sub: `api_key:${id}`, userId: id, roles: ['AUDITOR'], tenantId: tenant });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(60);
    expect(await accepted((exchanged.body as Issued).accessToken)).toBe(true);

    const shown = await admin.api.get(`/v1/api-keys/${id}`);
    expect(shown.headers['etag']).toBeDefined();
    expect(shown.body).toMatchObject({ id, lastUsedAt: expect.any(String) });
    expect(shown.body).not.toHaveProperty('key');
    const list = (await admin.api.get('/v1/api-keys')).body as { data: object[] };
    expect(list.data.map(each => Object.keys(each))).not.toContain('key');
  });

  it('give the same answer again for the same Idempotency-Key', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const call = { headers: { 'idempotency-key': 'make-it-once' }, body: { name: 'once', roles: ['USER'] } };
    const [one, two] = [
      await admin.api.call('POST', '/v1/api-keys', call),
      await admin.api.call('POST', '/v1/api-keys', call),
    ];
    expect(two.status).toBe(201);
    expect(two.body).toEqual(one.body);
  });

  it('are void once revoked: no exchange, and tokens that are out within 2 s', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const { id, key } = (await admin.api.post('/v1/api-keys', { name: 'k', roles: ['AUDITOR'] })).body as {
      id: string;
      key: string;
    };
    const { accessToken } = (await exchange(key)).body as Issued;
    const stale = await admin.api.delete(`/v1/api-keys/${id}`, { headers: { 'if-match': '"7"' } });
    expect(stale.status).toBe(412);
    expect((await admin.api.delete(`/v1/api-keys/${id}`, { headers: { 'if-match': '"1"' } })).status).toBe(204);
    expect((await admin.api.delete(`/v1/api-keys/${id}`)).status).toBe(404);
    expect((await admin.api.get(`/v1/api-keys/${id}`)).status).toBe(404);
    expect((await exchange(key)).status).toBe(401);
    await refused(accessToken, 'token_revoked');
  });

  it('answer alike when unknown, expired, revoked, of another tenant, or of a disabled one', async () => {
    const shut = await world.tenant();
    const admin = await world.signedIn(shut, 'ORG_ADMIN');
    const soon = new Date(Date.now() + 30_000).toISOString();
    const make = async (body: object) => ((await admin.api.post('/v1/api-keys', body)).body as { key: string }).key;
    const expiring = await make({ name: 'short', roles: ['AUDITOR'], expiresAt: soon });
    const lasting = await make({ name: 'long', roles: ['AUDITOR'] });
    const short = claimsOf(((await exchange(expiring)).body as Issued).accessToken);
    expect(Number(short['exp'])).toBeLessThanOrEqual(Math.ceil(Date.parse(soon) / 1000));

    const clock = world.moveClock(31);
    const answers = [await exchange(expiring)];
    clock.restore();
    await world.disableTenant(shut);
    for (const key of [lasting, lasting.replace(shut, tenant), lasting.slice(4), 'csk_', 'csk_x.y', 'nonsense']) {
      answers.push(await exchange(key));
    }
    for (const { status, body } of answers) {
      expect([status, (body as { code: string }).code]).toEqual([401, 'invalid_api_key']);
    }
  });

  it('are for an ORG_ADMIN that is a person', async () => {
    const auditor = await world.signedIn(tenant, 'AUDITOR', 'HELPDESK');
    expect((await auditor.api.get('/v1/api-keys')).status).toBe(403);
    expect((await auditor.api.post('/v1/api-keys', { name: 'k', roles: ['AUDITOR'] })).status).toBe(403);
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const { id, key } = (await admin.api.post('/v1/api-keys', { name: 'k', roles: ['ORG_ADMIN'] })).body as {
      id: string;
      key: string;
    };
    const asKey = world.auth.api.as(((await exchange(key)).body as Issued).accessToken);
    expect((await asKey.get('/v1/api-keys')).status).toBe(200);
    expect((await asKey.post('/v1/api-keys', { name: 'k', roles: ['AUDITOR'] })).status).toBe(403);
    expect((await asKey.delete(`/v1/api-keys/${id}`)).status).toBe(403);
    const dispatcher = await world.as('webhook-dispatcher');
    expect((await dispatcher.post('/internal/api-keys/exchange', { key })).status).toBe(403);
  });

  it('refuse what is wrong by pointer', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const past = { name: 'k', roles: ['AUDITOR'], expiresAt: '2020-01-01T00:00:00Z' };
    expect(await admin.api.post('/v1/api-keys', past)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/expiresAt' }] },
    });
    expect(await admin.api.post('/v1/api-keys', { name: '', roles: ['KING'], more: 1 })).toMatchObject({ status: 400 });
    const forged = Buffer.from(JSON.stringify({ createdAt: '0000-01-01T00:00:00Z', id: 'key_1' })).toString(
      'base64url',
    );
    expect((await admin.api.get(`/v1/api-keys?cursor=${forged}`)).status).toBe(400);
  });
});
