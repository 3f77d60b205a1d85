import { tenantId } from '@countersign/kernel';
import { AccessTokenVerifier, Revocations } from '@countersign/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, FakeAuthority, makeServiceKeys, type ServiceKeys } from '../src/index.js';

let keys: ServiceKeys;
let authority: FakeAuthority;
let revocations: Revocations;
let verifier: AccessTokenVerifier;
const acme = tenantId('acme');

beforeAll(async () => {
  keys = await makeServiceKeys(['auth-mfa', 'user-lifecycle', 'webhook-dispatcher', 'gateway']);
  authority = await FakeAuthority.start(keys);
  revocations = new Revocations(authority.url, await keys.tokens('user-lifecycle'));
  revocations.start();
  verifier = new AccessTokenVerifier(authority.url, authority.publicUrl, revocations);
  await eventually(() => revocations.state === 'ready');
});

afterAll(async () => {
  await revocations.stop();
  await authority.stop();
  await keys.remove();
});

describe('FakeAuthority', () => {
  it('signs tokens that the services accept, also after its key was rotated', async () => {
    const before = await authority.token({ tenantId: acme, roles: ['HELPDESK'] });
    expect(await verifier.verify(before)).toMatchObject({ tenantId: 'acme', roles: ['HELPDESK'], sub: 'admin' });
    await authority.rotateKey();
    expect(await verifier.verify(before)).toMatchObject({ tenantId: 'acme' });
  });

  it('revokes for every service that listens', async () => {
    const token = await authority.token({ tenantId: acme, userId: 'usr_1' });
    await verifier.verify(token);
    authority.revoke({ kind: 'user', tenantId: acme, subject: 'usr_1', code: 'token_stale' });
    await eventually(() => expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_stale' }));
  });

  it('records credentials, and refuses them when told to', async () => {
    const api = new ApiClient(authority.url, await keys.headers('user-lifecycle', 'auth-mfa', acme));
    const credential = { login: 'ada', password: 'secret' };
    expect((await api.put('/internal/credentials/usr_2', credential)).status).toBe(204);
    expect(authority.credentials).toEqual([
      { caller: 'user-lifecycle', tenantId: 'acme', userId: 'usr_2', login: 'ada', password: 'secret', oneTime: true },
    ]);
    authority.refuseCredentials(422, { code: 'password_too_short' });
    expect(await api.put('/internal/credentials/usr_3', credential)).toMatchObject({
      status: 422,
      body: { code: 'password_too_short' },
    });
    authority.refuseCredentials();
    expect((await api.put('/internal/credentials/usr_3', credential)).status).toBe(204);
  });

  it('gives endpoints and API keys tokens that every service accepts', async () => {
    const dispatcher = new ApiClient(authority.url, await keys.headers('webhook-dispatcher', 'auth-mfa', acme));
    const asked = { endpointId: 'ep_1', roles: ['ORG_ADMIN'], ttlSeconds: 3600 };
    const { status, body } = await dispatcher.post('/internal/endpoint-tokens', asked);
    expect(status).toBe(200);
    const { accessToken } = body as { accessToken: string };
    expect(await verifier.verify(accessToken)).toMatchObject({
      sub: 'webhook:ep_1',
      tenantId: 'acme',
      roles: ['ORG_ADMIN'],
    });
    expect(authority.endpointTokens).toHaveLength(1);
    const gateway = new ApiClient(authority.url, await keys.headers('gateway', 'auth-mfa'));
    authority.addApiKey('acme.k1', { tenantId: acme, sub: 'api_key:key_1' });
    const exchanged = (await gateway.post('/internal/api-keys/exchange', { key: 'acme.k1' })).body as typeof body;
    expect(await verifier.verify((exchanged as { accessToken: string }).accessToken)).toMatchObject({
      sub: 'api_key:key_1',
    });
    expect((await gateway.post('/internal/api-keys/exchange', { key: 'acme.k2' })).status).toBe(401);
  });

  it('lets nobody at /internal without the token of a service', async () => {
    const { status, body } = await new ApiClient(authority.url).put('/internal/credentials/usr_4', { login: 'x' });
    expect([status, body]).toMatchObject([401, { code: 'invalid_service_token' }]);
  });
});
