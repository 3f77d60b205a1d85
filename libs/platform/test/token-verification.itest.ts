import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterEach, expect, it, vi } from 'vitest';
import { AccessTokenVerifier, Revocations, ServiceTokens } from '../src/index.js';
import { until } from './harness.js';

const ISSUER = 'http://issuer.test';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
});

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise(resolve => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function signingKey(kid: string): Promise<{ jwk: JWK; privateKey: CryptoKey }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }, privateKey };
}

const sign = (kid: string, key: CryptoKey) =>
  new SignJWT({
    sub: 'ada',
    userId: 'usr_ada',
    tenantId: 'acme',
    roles: ['USER'],
    delegatee: null,
    delegateeId: null,
    firstLogin: false,
    jti: randomUUID(),
    sid: 'ses_1',
    amr: ['pwd'],
    acr: 'pwd',
    iss: ISSUER,
    aud: 'countersign',
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key);

/** As if so many milliseconds had gone by on the clock that never steps. */
function passTime(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}

const nothingRevoked = { check: () => undefined } as unknown as Revocations;

it('takes every token of a key that was published since, however many come at once', async () => {
  const [old, young] = [await signingKey('k1'), await signingKey('k2')];
  let published = [old.jwk];
  let hold = false;
  const held: (() => void)[] = [];
  const url = await listen((_, response) => {
    const answer = () => response.end(JSON.stringify({ keys: published }));
    if (hold) held.push(answer);
    else answer();
  });
  const verifier = new AccessTokenVerifier(url, ISSUER, nothingRevoked);
  await verifier.verify(await sign('k1', old.privateKey));

  published = [old.jwk, young.jwk];
  hold = true;
  passTime(6_000);
  const all = Promise.allSettled([1, 2, 3].map(async () => verifier.verify(await sign('k2', young.privateKey))));
  await until(() => Promise.resolve(held.length > 0), 10_000);
  for (const answer of held) answer();
  expect((await all).map(each => each.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
});

it('trusts a key no longer that is no longer published', async () => {
  const [leaked, other] = [await signingKey('k1'), await signingKey('k2')];
  let published = [leaked.jwk, other.jwk];
  const url = await listen((_, response) => void response.end(JSON.stringify({ keys: published })));
  const verifier = new AccessTokenVerifier(url, ISSUER, nothingRevoked);
  const token = await sign('k1', leaked.privateKey);
  await verifier.verify(token);

  published = [other.jwk];
  passTime(11 * 60_000);
  await until(
    () =>
      verifier.verify(token).then(
        () => false,
        () => true,
      ),
    10_000,
  );
});

it('stays silent after an outage until all that was missed has been told', async () => {
  const own = await signingKey('sample');
  const tokens = await ServiceTokens.fromJwks('sample', { sample: own.jwk }, await exportJWK(own.privateKey));
  const states: string[] = [];
  let open: ServerResponse | undefined;
  const revocation = {
    kind: 'user',
    tenantId: 'acme',
    subject: 'usr_x',
    issuedBefore: 9e9,
    code: 'token_revoked',
    expiresAt: 9e9,
  };
  const url = await listen((request, response) => {
    const cursor = new URL(request.url!, 'http://x').searchParams.get('cursor');
    const say = (line: object) => response.write(`${JSON.stringify(line)}\n`);
    if (cursor === '') {
      open = response;
      say({ cursor: 'c1', caughtUp: true });
    } else if (cursor === 'c1') {
      // The first of what was missed arrives, the rest not: the stream breaks again.
      response.end(`${JSON.stringify({ cursor: 'c2', revocation })}\n`);
    } else {
      states.push(revocations.state);
      say({ cursor: 'c3', caughtUp: true });
    }
  });
  const revocations = new Revocations(url, tokens);
  closing.push(() => revocations.stop());
  revocations.start();
  await until(() => Promise.resolve(revocations.state === 'ready'), 10_000);

  const [outage, clock] = [11_000, performance.now.bind(performance)];
  const wall = Date.now.bind(Date);
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + outage);
  vi.spyOn(Date, 'now').mockImplementation(() => wall() + outage);
  expect(revocations.state).toBe('silent');
  open!.destroy();
  await until(() => Promise.resolve(states.length > 0), 10_000);
  expect(states[0]).toBe('silent');
  await until(() => Promise.resolve(revocations.state === 'ready'), 10_000);
});
