import { createHmac, generateKeyPairSync } from 'node:crypto';
import { newId } from '@countersign/kernel';
import { eventually } from '@countersign/testing';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';

/** Revocations take effect within 2 s; tests wait threefold. */
const WITHIN = { timeoutMs: 6_000 };
const KEY = 'csk_acme.0123456789abcdefABCDEF';

describe('authentication at the door', () => {
  let under: GatewayUnderTest;

  beforeAll(async () => {
    under = await GatewayUnderTest.start();
  });
  afterAll(() => under.stop());
  beforeEach(() => under.users.reset());

  const get = async (authorization: string | undefined, path = '/v1/users') => {
    const answer = await fetch(`${under.url}${path}`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const body = (await answer.json()) as { code?: string };
    return { status: answer.status, code: body.code, headers: answer.headers };
  };
  const now = () => Math.floor(Date.now() / 1000);

  it('lets nobody in without a credential, but where none is needed', async () => {
    for (const authorization of [undefined, 'Basic YTpi', 'Bearer', 'Bearer a b', 'bearer: x']) {
      const answer = await get(authorization);
      expect([answer.status, answer.code], authorization).toEqual([401, 'unauthenticated']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(under.users.seen).toEqual([]);
    expect((await get(undefined, '/.well-known/jwks.json')).status).toBe(200);
  });

  it('refuses tokens that are not access tokens of this platform', async () => {
    const claims = { tenantId: 'acme' };
    const good = await under.authority.token(claims);
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const decoded = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const kid = (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const hs256 = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`;
    const { authorization: asAcme } = await under.signedIn();
    const forged: Record<string, string> = {
      'a token of a service': await (await under.keys.tokens('user-lifecycle')).tokenFor('gateway'),
      'a token of a service for another': await (await under.keys.tokens('gateway')).tokenFor('user-lifecycle'),
      'another issuer': await under.authority.token({ ...claims, iss: 'https://elsewhere.example' }),
      'another audience': await under.authority.token({ ...claims, aud: 'elsewhere' as 'countersign' }),
      'an expired token': await under.authority.token({ ...claims, iat: now() - 1000, exp: now() - 100 }),
      'a tenant that is no slug': await under.authority.token({ tenantId: '../acme' }),
      'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      'alg none with a signature': `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.${signature}`,
      'a symmetric signature': `${hs256}.${createHmac('sha256', kid).update(hs256).digest('base64url')}`,
      'another tenant under the same signature': `${header}.${encode({ ...decoded, tenantId: 'globex' })}.${signature}`,
      'a key of a stranger': await new SignJWT(decoded)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .sign(stranger),
      'an unknown key': await new SignJWT(decoded)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })
        .sign(stranger),
      'a key in the header': await new SignJWT(decoded)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } })
        .sign(stranger),
      'no typ': `${encode({ alg: 'ES256', kid })}.${payload}.${signature}`,
      'no token at all': 'nonsense',
      'three dots': '...',
    };
    for (const [what, token] of Object.entries(forged)) {
      const answer = await get(`Bearer ${token}`);
      expect([answer.status, answer.code], what).toEqual([401, 'invalid_token']);
      expect(answer.headers.get('www-authenticate'), what).toBe('Bearer error="invalid_token"');
    }
    expect(under.users.seen).toEqual([]);
    expect((await get(asAcme)).status).toBe(200);
  });

  it('takes tokens of a new signing key at once', async () => {
    await under.authority.rotateKey();
    const { authorization } = await under.signedIn();
    await eventually(async () => (await get(authorization)).status === 200, { timeoutMs: 15_000 });
  });

  it('refuses what was revoked', async () => {
    for (const [kind, claims, subject] of [
      ['user', { userId: 'usr_gone' }, 'usr_gone'],
      ['session', { sid: 'ses_gone' }, 'ses_gone'],
      ['token', { jti: 'tkn_gone' }, 'tkn_gone'],
      ['tenant', { tenantId: 'gone' }, 'gone'],
    ] as const) {
      const all = { tenantId: 'acme', ...claims };
      const authorization = `Bearer ${await under.authority.token(all)}`;
      const bystander = `Bearer ${await under.authority.token({ tenantId: 'globex', userId: 'usr_other' })}`;
      expect((await get(authorization)).status).toBe(200);
      under.authority.revoke({ kind, tenantId: all.tenantId, subject });
      await eventually(
        async () => expect(await get(authorization)).toMatchObject({ status: 401, code: 'token_revoked' }),
        WITHIN,
      );
      expect((await get(bystander)).status).toBe(200);
    }
  });

  it('says when a refresh helps', async () => {
    const authorization = `Bearer ${await under.authority.token({ tenantId: 'acme', userId: 'usr_promoted' })}`;
    under.authority.revoke({ kind: 'user', tenantId: 'acme', subject: 'usr_promoted', code: 'token_stale' });
    await eventually(
      async () => expect(await get(authorization)).toMatchObject({ status: 401, code: 'token_stale' }),
      WITHIN,
    );
  });

  it('exchanges an API key for a token, once for many calls at the same time', async () => {
    under.authority.addApiKey(KEY, { tenantId: 'acme', sub: 'api_key:key_1', roles: ['AUDITOR'] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(`Bearer ${KEY}`)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const tokens = new Set(under.users.seen.map(({ headers }) => headers.authorization));
    expect(tokens.size).toBe(1);
    expect([...tokens][0]).toMatch(/^Bearer eyJ/);
    expect(under.users.last.headers['x-countersign-tenant']).toBe('acme');
  });

  it('refuses unknown and malformed API keys', async () => {
    for (const key of [
      'csk_acme.unknownunknownunknown',
      'csk_',
      'csk_acme',
      'csk_ACME.0123456789abcdef',
      `csk_acme.${'x'.repeat(1000)}`,
    ]) {
      expect(await get(`Bearer ${key}`), key).toMatchObject({ status: 401, code: 'invalid_token' });
    }
    expect(under.users.seen).toEqual([]);
  });

  it('exchanges a key again when its token was revoked, because only the roles may have changed', async () => {
    const key = 'csk_acme.changedchangedchanged';
    const userId = newId('usr');
    under.authority.addApiKey(key, { tenantId: 'acme', userId, sub: 'api_key:key_2', roles: ['ORG_ADMIN'] });
    expect((await get(`Bearer ${key}`)).status).toBe(200);
    const before = under.users.last.headers.authorization;
    under.authority.addApiKey(key, {
      tenantId: 'acme',
      userId: newId('usr'),
      sub: 'api_key:key_2',
      roles: ['AUDITOR'],
    });
    under.authority.revoke({ kind: 'user', tenantId: 'acme', subject: userId, code: 'token_stale' });
    await eventually(async () => {
      expect((await get(`Bearer ${key}`)).status).toBe(200);
      expect(under.users.last.headers.authorization).not.toBe(before);
    }, WITHIN);
  });

  it('hands no credential to a path that needs none', async () => {
    const { authorization } = await under.signedIn();
    const login = await fetch(`${under.url}/v1/login`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: authorization!, 'content-type': 'application/json' },
    });
    // The authority that plays auth-mfa has no login: what counts is that the request got there.
    expect(login.status).toBeGreaterThanOrEqual(400);
    expect(login.headers.get('ratelimit-policy')).toMatch(/^"address"/);
  });

  it('answers 503 once nothing is heard of revocations any more, and recovers', async () => {
    const { authorization } = await under.signedIn();
    under.authority.revocations.mute(true);
    await eventually(
      async () => expect(await get(authorization)).toMatchObject({ status: 503, code: 'revocation_unavailable' }),
      {
        timeoutMs: 30_000,
        everyMs: 250,
      },
    );
    expect((await get(authorization)).headers.get('retry-after')).toBe('2');
    expect((await fetch(`${under.url}/readyz`)).status).toBe(503);
    under.authority.revocations.mute(false);
    await eventually(async () => (await get(authorization)).status === 200, { timeoutMs: 15_000, everyMs: 250 });
  }, 60_000);
});
