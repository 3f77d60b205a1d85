import { eventually } from '@countersign/testing';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TenantId } from '@countersign/kernel';
import { PasswordHasher } from '../src/credentials/password-hasher.js';
import { claimsOf, PASSWORD, World, type KnownPerson, type LoginBody, type Tokens } from './world.js';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

describe('login with a password', () => {
  it('is DONE with tokens in the shape of the API page', async () => {
    const anna = await world.person(tenant, { login: 'Anna.Kov', roles: ['USER', 'AUDITOR'] });
    const { status, body, headers } = await world.logIn({ ...anna, login: 'ANNA.kov' });
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      transaction: expect.stringMatching(new RegExp(`^${tenant}\\.[A-Za-z0-9_-]{43}$`)),
      expiresAt: expect.stringMatching(/Z$/),
      state: 'DONE',
      tokens: {
        accessToken: expect.any(String),
        tokenType: 'Bearer',
        expiresIn: 600,
        refreshToken: expect.stringMatching(new RegExp(`^${tenant}\\.`)),
      },
    });
    const { tokens } = body as Required<LoginBody>;
    expect(decodeProtectedHeader(tokens.accessToken)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = claimsOf(tokens.accessToken);
    expect(claims).toEqual({
      sub: 'Anna.Kov',
      delegatee: null,
      delegateeId: null,
      firstLogin: true,
      roles: ['USER', 'AUDITOR'],
      tenantId: tenant,
      userId: anna.user.id,
      iss: world.auth.config.PUBLIC_URL,
      aud: 'countersign',
      jti: expect.stringMatching(/^tkn_/),
      sid: expect.stringMatching(/^ses_/),
      amr: ['pwd'],
      acr: 'pwd',
      auth_time: expect.any(Number),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    const again = await world.tokensOf(anna);
    expect(claimsOf(again.accessToken)['firstLogin']).toBe(false);
  });

  it('keeps no secret in clear: neither password, nor transaction, nor refresh token', async () => {
    const person = await world.person(tenant);
    const { body } = await world.logIn(person);
    const { transaction, tokens } = body as Required<LoginBody>;
    for (const table of ['credential', 'login_transaction', 'session', 'refresh_token', 'outbox', 'password_history']) {
      const rows = JSON.stringify(await world.rows(tenant, `select * from ${table}`));
      for (const secret of [PASSWORD, transaction.split('.')[1]!, tokens.refreshToken.split('.')[1]!]) {
        expect(rows).not.toContain(secret);
      }
    }
  });

  it('names each refused field by its pointer, and says no to unknown ones', async () => {
    const { status, body } = await world.auth.api.post('/v1/login', { tenant, login: '', pass: 'x' });
    expect(status).toBe(400);
    const pointers = (body as { errors: { pointer: string }[] }).errors.map(error => error.pointer).sort();
    expect(pointers).toEqual(['/login', '/pass', '/password']);
    const control = await world.auth.api.post('/v1/login', { tenant, login: 'a\u0000b', password: 'x' });
    expect(control.status).toBe(400);
    const surrogate = await world.auth.api.post('/v1/login', `{"tenant":"x1","login":"\\ud800","password":"x"}`);
    expect(surrogate.status).toBe(400);
  });

  it('does not open a session in a tenant that was disabled while the password was verified', async () => {
    const shut = await world.tenant();
    const person = await world.person(shut);
    const hasher = world.auth.app.get(PasswordHasher);
    const verify = hasher.verify.bind(hasher);
    const spy = vi.spyOn(hasher, 'verify').mockImplementationOnce(async (encoded, password) => {
      const right = await verify(encoded, password);
      await world.disableTenant(shut);
      return right;
    });
    expect(await world.logIn(person)).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    spy.mockRestore();
    expect(await world.rows(shut, `select 1 from session`)).toEqual([]);
  });

  it('asks user-lifecycle for a user whose event has not arrived, and keeps the answer', async () => {
    const user = world.describe();
    await world.setCredential(tenant, user, PASSWORD, false);
    const person = { user, tenant, login: user.login, password: PASSWORD };
    expect((await world.logIn({ ...person, password: 'not the password' })).status).toBe(401);
    expect(world.users.asked).not.toContain(`${tenant}/${user.id}`);
    expect((await world.logIn(person)).status).toBe(401);
    expect(world.users.asked).toContain(`${tenant}/${user.id}`);
    world.users.users.set(`${tenant}/${user.id}`, user);
    expect((await world.logIn(person)).body).toMatchObject({ state: 'DONE' });
    const asked = world.users.asked.length;
    expect((await world.logIn(person)).body).toMatchObject({ state: 'DONE' });
    expect(world.users.asked).toHaveLength(asked);
  });

  it('draws every consequence of a change that an answer of user-lifecycle tells before its event', async () => {
    const user = world.describe();
    await world.setCredential(tenant, user, PASSWORD, false);
    const person = { user, tenant, login: user.login, password: PASSWORD };
    const disabled = { ...user, status: 'disabled' as const, version: 2 };
    world.users.users.set(`${tenant}/${user.id}`, disabled);
    let tokens: Tokens | undefined;
    world.users.meanwhile = async () => {
      world.users.meanwhile = () => Promise.resolve();
      await world.sendUser(tenant, user);
      tokens = await world.tokensOf(person);
    };
    await world.logIn(person);
    await world.sendUser(tenant, disabled);
    await eventually(async () => {
      const answer = await world.auth.api.as(tokens!.accessToken).get('/v1/me/sessions');
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
    });
  });

  it('erases the credential of a user that was known as deleted before the events came', async () => {
    const user = world.describe();
    await world.setCredential(tenant, user, PASSWORD, false);
    const deleted = { ...user, status: 'deleted' as const, version: 2 };
    world.users.users.set(`${tenant}/${user.id}`, deleted);
    expect((await world.logIn({ user, tenant, login: user.login, password: PASSWORD })).status).toBe(401);
    await world.sendUser(tenant, user);
    await world.sendUser(tenant, deleted);
    await eventually(
      async () => (await world.rows(tenant, `select 1 from credential where user_id = $1`, [user.id])).length === 0,
    );
  });

  it('says 503 when the user has to be asked for and user-lifecycle is away', async () => {
    const user = world.describe();
    await world.setCredential(tenant, user, PASSWORD, false);
    world.users.broken = true;
    const answer = await world.logIn({ user, tenant, login: user.login, password: PASSWORD });
    world.users.broken = false;
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
  });

  it('works in a tenant whose event has not arrived: it is the user that proves it', async () => {
    const young = `young-${Date.now().toString(36)}` as TenantId;
    const user = world.describe({ roles: ['ORG_ADMIN'] });
    await world.setCredential(young, user, PASSWORD, false);
    world.users.users.set(`${young}/${user.id}`, user);
    const answer = await world.logIn({ user, tenant: young, login: user.login, password: PASSWORD });
    expect(answer.body).toMatchObject({ state: 'DONE' });
  });

  it('means the youngest credential where a failed create has left another one behind', async () => {
    const login = `twice-${Date.now().toString(36)}`;
    const orphan = world.describe({ login });
    await world.setCredential(tenant, orphan, 'the orphaned password', false);
    const person = await world.person(tenant, { login });
    expect((await world.logIn({ ...person, password: 'the orphaned password' })).status).toBe(401);
    expect((await world.logIn(person)).body).toMatchObject({ state: 'DONE' });
  });

  it('tells the bus and the audit log of both outcomes', async () => {
    const person = await world.person(tenant);
    await world.logIn({ ...person, password: 'not the password' });
    const tokens = await world.tokensOf(person);
    const sent = await eventually(async () => {
      const rows = await world.auditOf(tenant, person.user.id);
      return rows.length >= 2 && rows;
    });
    expect(sent.map(row => row.action)).toEqual(['credential.created', 'login.failed', 'login.succeeded']);
    expect(sent[1]!.changes).toEqual({ reason: { after: 'wrong_password' } });
    expect(sent[2]!.changes).toMatchObject({ session: { after: claimsOf(tokens.accessToken)['sid'] } });
    expect(JSON.stringify(sent)).not.toContain('not the password');
  });

  it('tells nobody what was typed as the login of nobody: it may be a password', async () => {
    const own = await world.tenant();
    const secret = 'typed-into-the-wrong-field';
    const where = { tenant: own, password: 'x' } as KnownPerson;
    for (const login of [secret, secret.toUpperCase(), 'another-stranger']) await world.logIn({ ...where, login });
    const failed = await world.events(own, 'login.failed');
    const audited = await world.events(own, 'audit.recorded');
    expect([failed.length, audited.length]).toEqual([3, 3]);
    expect(JSON.stringify([failed, audited])).not.toMatch(/typed-into|another-stranger/i);
    // One and the same stranger is still seen to come again.
    expect(new Set(failed.map(event => event['login'])).size).toBe(2);
  });
});
