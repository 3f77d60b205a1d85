import type { TenantId } from '@countersign/kernel';
import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SweepOrphanedCredentials } from '../src/credentials/sweep-orphaned-credentials.js';
import { PASSWORD, World, type LoginBody } from './world.js';

const NEW = 'seven loud yellow bells';

let world: World;
let tenant: TenantId;

beforeAll(async () => {
  world = await World.start();
  tenant = await world.tenant();
});
afterAll(() => world.stop());

describe('changing my password', () => {
  it('ends my other sessions and keeps this one', async () => {
    const { api, person } = await world.signedIn(tenant, 'USER');
    const elsewhere = await world.tokensOf(person);
    expect((await api.post('/v1/me/password', { currentPassword: PASSWORD, newPassword: NEW })).status).toBe(204);
    await eventually(async () => {
      expect((await world.auth.api.as(elsewhere.accessToken).get('/v1/me/sessions')).status).toBe(401);
    });
    expect((await world.auth.api.post('/v1/token/refresh', { refreshToken: elsewhere.refreshToken })).status).toBe(401);
    expect((await api.get('/v1/me/sessions')).status).toBe(200);
    expect((await world.logIn(person)).status).toBe(401);
    expect((await world.logIn({ ...person, password: NEW })).body).toMatchObject({ state: 'DONE' });
  });

  it('of two parallel changes makes one', async () => {
    const { api, person } = await world.signedIn(tenant, 'USER');
    const answers = await Promise.all(
      [1, 2, 3].map(i => api.post('/v1/me/password', { currentPassword: PASSWORD, newPassword: `${NEW} ${i}` })),
    );
    expect(answers.filter(answer => answer.status === 204)).toHaveLength(1);
    expect(answers.filter(answer => answer.status === 409 || answer.status === 422)).toHaveLength(2);
    const winner = answers.findIndex(answer => answer.status === 204) + 1;
    expect((await world.logIn({ ...person, password: `${NEW} ${winner}` })).status).toBe(200);
  });
});

describe('resetting a password', () => {
  it('gives a one-time password, ends the sessions and stops a login under way', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const person = await world.person(tenant, { oneTime: true });
    const { transaction } = (await world.logIn(person)).body as LoginBody;
    const reset = await admin.api.post(`/v1/users/${person.user.id}/password-reset`);
    expect(reset.status).toBe(200);
    expect(reset.body).toEqual({ oneTimePassword: expect.any(String) });
    const { oneTimePassword } = reset.body as { oneTimePassword: string };
    expect((await world.auth.api.post('/v1/login/state', { transaction })).status).toBe(401);
    expect((await world.logIn(person)).status).toBe(401);
    expect((await world.logIn({ ...person, password: oneTimePassword })).body).toMatchObject({
      state: 'PASSWORD_CHANGE_DUE',
    });
    expect(await world.events(tenant, 'password.changed')).toContainEqual({
      userId: person.user.id,
      chosenByUser: false,
    });
    const row = (await world.auditOf(tenant, person.user.id)).find(each => each.action === 'password.reset');
    expect(row?.actor).toEqual({ type: 'user', id: admin.person.user.id });
    expect(JSON.stringify(row)).not.toContain(oneTimePassword);
  });

  it('gives a first password to a user that has none, also to one whose event has not arrived', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const user = world.describe();
    world.users.users.set(`${tenant}/${user.id}`, user);
    const reset = await admin.api.post(`/v1/users/${user.id}/password-reset`);
    const { oneTimePassword: password } = reset.body as { oneTimePassword: string };
    expect((await world.logIn({ user, tenant, login: user.login, password })).body).toMatchObject({
      state: 'PASSWORD_CHANGE_DUE',
    });
  });

  it('is for administrators and the helpdesk, which resets no administrator', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const helpdesk = await world.signedIn(tenant, 'HELPDESK');
    const user = await world.signedIn(tenant, 'USER', 'AUDITOR', 'APP_OWNER');
    const path = (id: string) => `/v1/users/${id}/password-reset`;
    expect((await user.api.post(path(admin.person.user.id))).status).toBe(403);
    expect((await user.api.post(path(user.person.user.id))).status).toBe(403);
    expect((await helpdesk.api.post(path(admin.person.user.id))).status).toBe(403);
    expect((await helpdesk.api.post(path(user.person.user.id))).status).toBe(200);
    expect((await world.logIn(admin.person)).status).toBe(200);
  });

  it('knows nobody of another tenant, nobody deleted, and no id that is none', async () => {
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    const stranger = await world.person(await world.tenant());
    const deleted = await world.person(tenant);
    await world.change(deleted, { status: 'deleted' });
    for (const id of [stranger.user.id, deleted.user.id, 'usr_nobody', 'nonsense']) {
      expect((await admin.api.post(`/v1/users/${id}/password-reset`)).status).toBe(404);
    }
    expect((await world.logIn(stranger)).status).toBe(200);
  });
});

describe('the first credential, set by user-lifecycle', () => {
  it('is refused by the policy with the pointer of the password', async () => {
    const api = await world.as('user-lifecycle', tenant);
    const answer = await api.put('/internal/credentials/usr_1', { login: 'anna', password: 'short' });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/password', code: 'password_too_short' }] },
    });
  });

  it('can be judged before anything is done with it, which keeps nothing', async () => {
    const api = await world.as('user-lifecycle', tenant);
    const check = (password: string) => api.post('/internal/password-policy/check', { login: 'anna', password });
    expect(await check('short')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/password', code: 'password_too_short' }] },
    });
    expect((await check(PASSWORD)).status).toBe(204);
    const dispatcher = await world.as('webhook-dispatcher', tenant);
    const other = await dispatcher.post('/internal/password-policy/check', { login: 'anna', password: PASSWORD });
    expect(other.status).toBe(403);
  });

  it('may be repeated, and never overwrites what the person has chosen since', async () => {
    const user = world.describe();
    await world.setCredential(tenant, user, PASSWORD);
    await world.setCredential(tenant, user, 'another password altogether');
    await world.sendUser(tenant, user);
    await world.setCredential(tenant, user, 'another password altogether');
    const api = await world.as('user-lifecycle', tenant);
    const late = await api.put(`/internal/credentials/${user.id}`, { login: user.login, password: PASSWORD });
    expect(late).toMatchObject({ status: 409, body: { code: 'credential_exists' } });
  });

  it('is one-time unless it is said otherwise', async () => {
    const user = world.describe();
    const api = await world.as('user-lifecycle', tenant);
    await api.put(`/internal/credentials/${user.id}`, { login: user.login, password: PASSWORD });
    await world.sendUser(tenant, user);
    expect((await world.logIn({ user, tenant, login: user.login, password: PASSWORD })).body).toMatchObject({
      state: 'PASSWORD_CHANGE_DUE',
    });
  });

  it('is taken from user-lifecycle alone, for a tenant that it names', async () => {
    const body = { login: 'anna', password: PASSWORD };
    expect((await world.auth.api.put('/internal/credentials/usr_1', body)).status).toBe(401);
    const dispatcher = await world.as('webhook-dispatcher', tenant);
    expect((await dispatcher.put('/internal/credentials/usr_1', body)).status).toBe(403);
    const nameless = await world.as('user-lifecycle');
    expect((await nameless.put('/internal/credentials/usr_1', body)).status).toBe(400);
    const admin = await world.signedIn(tenant, 'ORG_ADMIN');
    expect((await admin.api.put('/internal/credentials/usr_1', body)).status).toBe(401);
  });
});

describe('orphaned credentials', () => {
  it('are deleted after 15 minutes and a 404, not before and not without', async () => {
    const sweep = world.auth.app.get(SweepOrphanedCredentials);
    const orphan = world.describe();
    const late = world.describe();
    const deletedSince = world.describe({ status: 'deleted' });
    for (const user of [orphan, late, deletedSince]) await world.setCredential(tenant, user, PASSWORD);
    world.users.users.set(`${tenant}/${late.id}`, late);
    world.users.users.set(`${tenant}/${deletedSince.id}`, deletedSince);
    const kept = async () =>
      (
        await world.rows<{ user_id: string }>(tenant, `select user_id from credential where user_id = any($1)`, [
          [orphan.id, late.id, deletedSince.id],
        ])
      )
        .map(row => row.user_id)
        .sort();

    await sweep.execute();
    expect(await kept()).toHaveLength(3);
    const clock = world.moveClock(16 * 60);
    await sweep.execute();
    expect(await kept(), 'by a clock that is wrong').toHaveLength(3);
    clock.restore();
    await world.rows(
      tenant,
      `update unconfirmed_credential set created_at = now() - interval '16 minutes' where user_id = any($1)`,
      [[orphan.id, late.id, deletedSince.id]],
    );
    world.users.broken = true;
    await expect(sweep.execute()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await kept()).toHaveLength(3);
    world.users.broken = false;
    expect(await sweep.execute()).toBeGreaterThanOrEqual(2);
    expect(await kept()).toEqual([late.id]);
    expect((await world.auditOf(tenant, orphan.id)).map(row => row.action)).toContain('credential.deleted');
    expect((await world.logIn({ user: late, tenant, login: late.login, password: PASSWORD })).status).toBe(200);
  });
});
