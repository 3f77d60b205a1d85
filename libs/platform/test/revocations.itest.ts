import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHarness, until, type Harness } from './harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.close());

async function ask(token: string): Promise<{ status: number; code?: string }> {
  const { statusCode, body } = await request(new URL('/v1/mine', harness.service.url), {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: statusCode, code: ((await body.json()) as { code?: string }).code };
}

const soon = () => Math.floor(Date.now() / 1000) + 1;

it('refuses revoked and stale tokens within 2 s, newer ones not, and everything once the stream has fallen silent', async () => {
  const { token, revoke } = harness.authority;
  const [ada, eve, bob] = await Promise.all([
    token({}),
    token({ userId: 'usr_eve', sid: 'ses_2' }),
    token({ userId: 'usr_bob', sid: 'ses_3' }),
  ]);
  await until(async () => (await ask(ada)).status === 200, 10_000);

  revoke({
    kind: 'user',
    tenantId: 'acme',
    subject: 'usr_eve',
    issuedBefore: soon(),
    code: 'token_stale',
    expiresAt: soon() + 600,
  });
  await until(async () => (await ask(eve)).code === 'token_stale', 6_000);
  revoke({
    kind: 'session',
    tenantId: 'acme',
    subject: 'ses_2',
    issuedBefore: soon(),
    code: 'token_revoked',
    expiresAt: soon() + 600,
  });
  await until(async () => (await ask(eve)).code === 'token_revoked', 6_000);
  // The same user id in another tenant is another user.
  revoke({
    kind: 'user',
    tenantId: 'other',
    subject: 'usr_bob',
    issuedBefore: soon(),
    code: 'token_revoked',
    expiresAt: soon() + 600,
  });
  expect((await ask(bob)).status).toBe(200);
  revoke({
    kind: 'user',
    tenantId: 'acme',
    subject: 'usr_ada',
    issuedBefore: 1,
    code: 'token_revoked',
    expiresAt: soon() + 600,
  });
  expect((await ask(ada)).status).toBe(200);

  harness.authority.fallSilent();
  await until(async () => (await ask(ada)).code === 'revocation_unavailable', 30_000);
}, 60_000);
