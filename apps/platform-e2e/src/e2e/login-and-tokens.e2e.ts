import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { claimsOf, headerOf, logIn, logInFirst, startLogin, type LoginState, type Tokens } from '../support/login.js';
import { strongPassword, uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { Tenant } from '../support/tenant.js';

describe('login and tokens', () => {
  let tenant: Tenant;
  let anonymous: ApiClient;

  beforeAll(async () => {
    tenant = await Tenant.create();
    anonymous = tenant.anonymous;
  });

  async function refresh(refreshToken: string) {
    return anonymous.post<Tokens>('/v1/token/refresh', { refreshToken });
  }

  it('asks for a new password at the first login, then lets the user in with it alone', async () => {
    const first = strongPassword();
    const { login } = await tenant.createUser({ password: first });
    const oneTime = { tenant: tenant.slug, login, password: first };
    const state = await startLogin(anonymous, oneTime);
    expect(state).toMatchObject({ state: 'PASSWORD_CHANGE_DUE' });
    expect(state.tokens).toBeUndefined();
    expect(Date.parse(state.expiresAt)).toBeGreaterThan(Date.now());
    expect(state.transaction.startsWith(`${tenant.slug}.`)).toBe(true);

    const chosen = strongPassword();
    const body = { transaction: state.transaction, newPassword: chosen };
    const done = expectStatus(await anonymous.post<LoginState>('/v1/login/password', body), 200).body;
    expect(done).toMatchObject({ state: 'DONE', tokens: { tokenType: 'Bearer' } });

    expectProblem(await anonymous.post('/v1/login', oneTime), { status: 401, code: 'invalid_credentials' });
    expect((await startLogin(anonymous, { ...oneTime, password: chosen })).state).toBe('DONE');
  });

  it('gives an access token with the claims of the contract', async () => {
    const { user, tokens } = await tenant.signUp(['AUDITOR']);
    expect(headerOf(tokens.accessToken)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = claimsOf(tokens.accessToken);
    expect(claims).toMatchObject({
      sub: user.login,
      userId: user.id,
      tenantId: tenant.slug,
      roles: ['AUDITOR'],
      delegatee: null,
      delegateeId: null,
      aud: 'countersign',
    });
    for (const name of ['firstLogin', 'iss', 'jti', 'sid', 'amr', 'acr', 'iat', 'exp'])
      expect(claims).toHaveProperty(name);
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(tokens.expiresIn);
  });

  it('publishes the key that the access token names', async () => {
    const { keys } = expectStatus(
      await anonymous.get<{ keys: { kid: string; d?: string }[] }>('/.well-known/jwks.json'),
      200,
    ).body;
    expect(keys.map(key => key.kid)).toContain(headerOf(tenant.adminTokens.accessToken)['kid']);
    expect(keys.every(key => key.d === undefined)).toBe(true);
  });

  it('answers wrong tenant, wrong login and wrong password alike', async () => {
    const { login } = await tenant.createUser({ password: strongPassword() });
    const password = strongPassword();
    const answers = [
      await anonymous.post('/v1/login', { tenant: uniqueName('nobody-'), login, password }),
      await anonymous.post('/v1/login', { tenant: tenant.slug, login: uniqueName('nobody-'), password }),
      await anonymous.post('/v1/login', { tenant: tenant.slug, login, password }),
    ];
    const shown = answers.map(answer => {
      const { traceId: _, ...rest } = expectProblem(answer, { status: 401, code: 'invalid_credentials' });
      return rest;
    });
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
  });

  it('takes the login without regard to case', async () => {
    const password = strongPassword();
    const login = uniqueName('Mixed.Case-');
    await tenant.createUser({ login, password });
    expect(await startLogin(anonymous, { tenant: tenant.slug, login: login.toUpperCase(), password })).toMatchObject({
      state: 'PASSWORD_CHANGE_DUE',
    });
  });

  it('refuses a weak new password by its pointer and keeps the transaction usable', async () => {
    const password = strongPassword();
    const { login } = await tenant.createUser({ password });
    const { transaction } = await startLogin(anonymous, { tenant: tenant.slug, login, password });
    const weak = await anonymous.post('/v1/login/password', { transaction, newPassword: 'abc' });
    expectProblem(weak, { status: 422, pointer: '/newPassword' });
    const same = await anonymous.post('/v1/login/password', { transaction, newPassword: password });
    expectProblem(same, { status: 422, pointer: '/newPassword' });
    const good = await anonymous.post<LoginState>('/v1/login/password', { transaction, newPassword: strongPassword() });
    expect(expectStatus(good, 200).body.state).toBe('DONE');
  });

  it('rotates refresh tokens, and ends the whole session when an old one comes back', async () => {
    const { tokens, api } = await tenant.signUp(['USER']);
    const second = expectStatus(await refresh(tokens.refreshToken), 200).body;
    expect(second.refreshToken).not.toBe(tokens.refreshToken);
    expectStatus(await api.as(second.accessToken).get('/v1/me'), 200);
    const third = expectStatus(await refresh(second.refreshToken), 200).body;

    expectProblem(await refresh(tokens.refreshToken), { status: 401 });
    expectProblem(await refresh(third.refreshToken), { status: 401 });
  });

  it('ends the session at logout within the bound of a revocation', async () => {
    const { tokens, api } = await tenant.signUp(['USER']);
    expectStatus(await api.get('/v1/me'), 200);
    expectStatus(await api.post('/v1/logout'), 204);
    await eventually('the access token is refused', async () => (await api.get('/v1/me')).status === 401, {
      deadlineMs: 6_000,
    });
    expectProblem(await refresh(tokens.refreshToken), { status: 401 });
  });

  it('ends all sessions of the user at logout from all', async () => {
    const { user, tokens, api, password } = await tenant.signUp(['USER']);
    const other = await logIn(anonymous, { tenant: tenant.slug, login: user.login, password });
    expectStatus(await api.post('/v1/logout/all'), 204);
    await eventually(
      'the other session is over too',
      async () => (await api.as(other.accessToken).get('/v1/me')).status === 401,
      { deadlineMs: 6_000 },
    );
    expectProblem(await refresh(other.refreshToken), { status: 401 });
    expectProblem(await refresh(tokens.refreshToken), { status: 401 });
  });

  it('refuses tokens after a change of roles as stale, and the refresh brings the new roles', async () => {
    const { user, tokens, api } = await tenant.signUp(['USER']);
    expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, { roles: ['AUDITOR'] }), 200);
    await eventually(
      '401 token_stale',
      async () => {
        const answer = await api.get('/v1/me');
        if (answer.status !== 401) throw new Error(`still ${String(answer.status)}`);
        expectProblem(answer, { status: 401, code: 'token_stale' });
        return true;
      },
      { deadlineMs: 6_000 },
    );
    const renewed = expectStatus(await refresh(tokens.refreshToken), 200).body;
    expect(claimsOf(renewed.accessToken)['roles']).toEqual(['AUDITOR']);
    expectStatus(await api.as(renewed.accessToken).get('/v1/me'), 200);
  });

  it('shuts a disabled user out: token, refresh and login', async () => {
    const { user, tokens, api, password } = await tenant.signUp(['USER']);
    expectStatus(await tenant.admin.post(`/v1/users/${user.id}/disable`), 200);
    await eventually('the token is refused', async () => (await api.get('/v1/me')).status === 401, {
      deadlineMs: 6_000,
    });
    expectProblem(await refresh(tokens.refreshToken), { status: 401 });
    const again = await anonymous.post('/v1/login', { tenant: tenant.slug, login: user.login, password });
    expectProblem(again, { status: 401, code: 'invalid_credentials' });
  });

  it('backs off after failures with 429 and Retry-After, whether the login exists or not', async () => {
    const { login } = await tenant.createUser({ password: strongPassword() });
    for (const name of [login, uniqueName('nobody-')]) {
      const attempt = () =>
        anonymous.post('/v1/login', { tenant: tenant.slug, login: name, password: 'Wrong-Horse-99' });
      const limited = await eventually(`429 for ${name}`, async () => {
        const answer = await attempt();
        return answer.status === 429 ? answer : undefined;
      });
      expectProblem(limited, { status: 429 });
    }
  });

  it('refuses an unknown transaction and a token that is none', async () => {
    const gone = { transaction: `${tenant.slug}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`, newPassword: strongPassword() };
    expectProblem(await anonymous.post('/v1/login/password', gone), { status: 401 });
    expectProblem(await refresh(`${tenant.slug}.AAAAAAAAAAAAAAAAAAAAAAAA`), { status: 401 });
    expectProblem(await anonymous.get('/v1/users'), { status: 401 });
    expectProblem(await anonymous.as('not.a.jwt').get('/v1/users'), { status: 401 });
    const [header, , signature] = tenant.adminTokens.accessToken.split('.');
    const claims = { ...claimsOf(tenant.adminTokens.accessToken), tenantId: 'another' };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    expectProblem(await anonymous.as(forged).get('/v1/users'), { status: 401 });
  });

  it('lets a user change its own password, which the history then refuses to take back', async () => {
    const { user, api, password } = await tenant.signUp(['USER']);
    const wrong = { currentPassword: strongPassword(), newPassword: strongPassword() };
    const refused = await api.post('/v1/me/password', wrong);
    expect([401, 403, 422]).toContain(refused.status);
    const next = strongPassword();
    const changed = await api.post('/v1/me/password', { currentPassword: password, newPassword: next });
    expect([200, 204]).toContain(changed.status);
    const tokens = await logIn(anonymous, { tenant: tenant.slug, login: user.login, password: next });
    const back = { currentPassword: next, newPassword: password };
    expectProblem(await api.as(tokens.accessToken).post('/v1/me/password', back), {
      status: 422,
      pointer: '/newPassword',
    });
  });

  it('gives an admin a one-time password for a user without one', async () => {
    const user = await tenant.createUser();
    const reset = await tenant.admin.post<{ oneTimePassword: string }>(`/v1/users/${user.id}/password-reset`);
    const { oneTimePassword } = expectStatus(reset, 200).body;
    const credentials = { tenant: tenant.slug, login: user.login, password: oneTimePassword };
    expect((await logInFirst(anonymous, credentials, strongPassword())).tokenType).toBe('Bearer');
  });
});
