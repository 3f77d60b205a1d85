import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceTokens } from './service-tokens.js';

const privateKeys: Record<string, CryptoKey> = {};
const publicJwks: Record<string, JWK> = {};
let gateway: ServiceTokens;
let lifecycle: ServiceTokens;

async function tokensOf(service: string): Promise<ServiceTokens> {
  return ServiceTokens.fromJwks(service, publicJwks, await exportJWK(privateKeys[service]!));
}

function sign(
  claims: { iss: string; aud: string; exp?: string },
  kid: string,
  key: CryptoKey,
  typ = 'svc+jwt',
): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .setIssuer(claims.iss)
    .setAudience(claims.aud)
    .setIssuedAt()
    .setExpirationTime(claims.exp ?? '60s')
    .sign(key);
}

beforeAll(async () => {
  for (const service of ['gateway', 'user-lifecycle']) {
    const pair = await generateKeyPair('ES256', { extractable: true });
    privateKeys[service] = pair.privateKey;
    publicJwks[service] = await exportJWK(pair.publicKey);
  }
  gateway = await tokensOf('gateway');
  lifecycle = await tokensOf('user-lifecycle');
});

describe('ServiceTokens', () => {
  it('proves the caller to the callee, with one signature per callee and half-life', async () => {
    const token = await gateway.tokenFor('user-lifecycle');
    expect(await gateway.tokenFor('user-lifecycle')).toBe(token);
    expect(await lifecycle.verify(token)).toBe('gateway');
    expect(await lifecycle.verify(token)).toBe('gateway');
  });

  it('refuses a token that was made for another service', async () => {
    await expect(lifecycle.verify(await gateway.tokenFor('auth-mfa'))).rejects.toMatchObject({
      code: 'invalid_service_token',
    });
  });

  it('refuses a service that calls itself another, an unknown one, another type, and an expired token', async () => {
    const key = privateKeys['gateway']!;
    const forged = [
      sign({ iss: 'auth-mfa', aud: 'user-lifecycle' }, 'gateway', key),
      sign({ iss: 'gateway', aud: 'user-lifecycle' }, 'user-lifecycle', key),
      sign({ iss: 'stranger', aud: 'user-lifecycle' }, 'stranger', key),
      sign({ iss: 'gateway', aud: 'user-lifecycle' }, 'gateway', key, 'at+jwt'),
      sign({ iss: 'gateway', aud: 'user-lifecycle', exp: '-1m' }, 'gateway', key),
      Promise.resolve('not.a.token'),
    ];
    for (const token of forged) {
      await expect(lifecycle.verify(await token)).rejects.toMatchObject({ code: 'invalid_service_token' });
    }
  });
});
