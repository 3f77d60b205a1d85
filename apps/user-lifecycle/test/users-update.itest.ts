import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, newUserBody, problemOf, userOf, type TestTenant } from './harness.js';

describe('changing users', () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
  });
  beforeEach(() => harness.dispatcher.reset());
  afterAll(() => harness?.stop());

  it('merges a patch: absent stays, null clears', async () => {
    const user = await tenant.createUser({ email: 'a@example.com', mobile: '+14155550123' });
    const patched = await tenant.admin.patch(`/v1/users/${user.id}`, { firstName: 'Maya', mobile: null });
    expect(userOf(patched)).toMatchObject({
      firstName: 'Maya',
      lastName: user.lastName,
      email: 'a@example.com',
      mobile: null,
      version: 2,
    });
    expect(patched.headers['etag']).toBe('"2"');
  });

  it('honours If-Match on PATCH, DELETE, disable and enable', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    const stale = { headers: { 'if-match': '"1"' } };
    expect((await tenant.admin.patch(path, { country: 'Peru' }, stale)).status).toBe(200);
    for (const answer of [
      await tenant.admin.patch(path, { country: 'Chad' }, stale),
      await tenant.admin.patch(path, { country: 'Peru' }, stale),
      await tenant.admin.post(`${path}/disable`, undefined, stale),
      await tenant.admin.delete(path, stale),
    ]) {
      expect([answer.status, problemOf(answer).code]).toEqual([412, 'stale_version']);
    }
    expect((await tenant.admin.delete(path, { headers: { 'if-match': '"2"' } })).status).toBe(204);
  });

  it('gives one of four updates of one version the win, the others 412', async () => {
    const user = await tenant.createUser();
    const answers = await Promise.all(
      ['Peru', 'Chad', 'Fiji', 'Mali'].map(country =>
        tenant.admin.patch(`/v1/users/${user.id}`, { country }, { headers: { 'if-match': '"1"' } }),
      ),
    );
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 412, 412, 412]);
    expect(userOf(await tenant.admin.get(`/v1/users/${user.id}`)).version).toBe(2);
  });

  it('repeats an update on a user that changed while the tenant was asked, without asking again', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    harness.dispatcher.reset();
    harness.dispatcher.answer('validateUpdateUser', async call => {
      if (call.user.country === 'Peru') await tenant.admin.patch(path, { email: 'meanwhile@example.com' });
      return { outcome: 'unchanged' };
    });
    const patched = await tenant.admin.patch(path, { country: 'Peru' });
    expect(userOf(patched)).toMatchObject({ country: 'Peru', email: 'meanwhile@example.com', version: 3 });
    expect(harness.dispatcher.calls.filter(call => call.kind === 'ask' && call.user.country === 'Peru').length).toBe(2);
    expect(harness.dispatcher.calls.filter(call => call.kind === 'announce').length).toBe(2);
  });

  it('asks again where the change became another one, and gives up with 409 after three times', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    const others = ['Chad', 'Fiji', 'Mali', 'Oman'];
    harness.dispatcher.answer('validateUpdateUser', async call => {
      if (call.user.country === 'Peru') await tenant.admin.patch(path, { country: others.shift() });
      return { outcome: 'unchanged' };
    });
    const answer = await tenant.admin.patch(path, { country: 'Peru' });
    expect([answer.status, problemOf(answer).code, others]).toEqual([409, 'concurrent_change', ['Oman']]);
  });

  it('refuses another login, unknown fields and what the roles do not allow', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    const login = await tenant.admin.patch(path, { login: 'another' });
    expect([login.status, problemOf(login).errors?.[0]?.pointer]).toEqual([422, '/login']);
    const unknown = await tenant.admin.patch(path, { favouriteColour: 'red', status: 'deleted' });
    expect([unknown.status, problemOf(unknown).errors?.map(error => error.pointer)]).toEqual([
      400,
      ['/favouriteColour', '/status'],
    ]);
    const helpdesk = await tenant.as(['HELPDESK']);
    expect((await helpdesk.patch(path, { country: 'Peru' })).status).toBe(200);
    expect((await helpdesk.patch(path, { roles: ['USER'] })).status).toBe(403);
    const admin = await helpdesk.patch(`/v1/users/${tenant.adminId}`, { email: 'mine@example.com' });
    expect([admin.status, problemOf(admin).code]).toEqual([403, 'administrator_protected']);
    expect((await helpdesk.delete(path)).status).toBe(403);
    for (const id of ['usr_01890000000000000000000000', 'nonsense']) {
      expect((await tenant.admin.patch(`/v1/users/${id}`, { country: 'Mali' })).status).toBe(404);
      expect((await tenant.admin.delete(`/v1/users/${id}`)).status).toBe(404);
      expect((await tenant.admin.post(`/v1/users/${id}/disable`)).status).toBe(404);
    }
  });

  it('keeps no more security questions than a user may have, however they come', async () => {
    const user = await tenant.createUser();
    const questions = (from: number, count: number, answer: string | null) =>
      tenant.admin.patch(`/v1/users/${user.id}`, {
        securityQuestion: Object.fromEntries(
          Array.from({ length: count }, (_, n) => [`Question ${from + n}?`, answer]),
        ),
      });
    expect((await questions(0, 6, 'a')).status).toBe(200);
    expect((await questions(4, 4, 'b')).status).toBe(200);
    const refused = await questions(8, 3, 'c');
    expect([refused.status, problemOf(refused).errors?.[0]]).toMatchObject([
      422,
      { pointer: '/securityQuestion', code: 'too_many_questions' },
    ]);
    expect((await questions(0, 3, null)).status).toBe(200);
    expect((await questions(8, 3, 'c')).status).toBe(200);
  });

  it('dry-runs an update, a disablement and a deletion', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    harness.dispatcher.reset();
    const update = await tenant.admin.patch(`${path}?dryRun=true`, { country: 'Fiji' });
    expect(userOf(update)).toMatchObject({ country: 'Fiji', dryRun: true });
    expect(userOf(await tenant.admin.post(`${path}/disable?dryRun=true`))).toMatchObject({
      status: 'disabled',
      dryRun: true,
    });
    const deletion = await tenant.admin.delete(`${path}?dryRun=true`);
    expect([deletion.status, userOf(deletion).status, userOf(deletion).dryRun]).toEqual([200, 'deleted', true]);
    expect(harness.dispatcher.calls.every(call => call.kind === 'ask' && call.dryRun)).toBe(true);
    expect(userOf(await tenant.admin.get(path))).toEqual(user);
  });

  it('deletes: shown by id, in lists only by status, login free again, out of its groups', async () => {
    const group = (await tenant.admin.post('/v1/groups', { name: 'Staff' })).body as { id: string };
    const user = await tenant.createUser({ assignedGroups: [group.id] });
    expect((await tenant.admin.delete(`/v1/users/${user.id}`)).status).toBe(204);
    expect((await tenant.admin.delete(`/v1/users/${user.id}`)).status).toBe(204);
    expect(userOf(await tenant.admin.get(`/v1/users/${user.id}`))).toMatchObject({
      status: 'deleted',
      assignedGroups: [],
      version: 2,
    });
    expect((await tenant.admin.get(`/v1/groups/${group.id}/members`)).body).toMatchObject({ data: [] });
    const changed = await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    expect([changed.status, problemOf(changed).code]).toEqual([409, 'user_deleted']);
    expect((await tenant.admin.post(`/v1/users/${user.id}/enable`)).status).toBe(409);
    expect((await tenant.createUser({ login: user.login })).id).not.toBe(user.id);
  });

  it('shows and changes oneself at /v1/me, by the same path', async () => {
    const user = await tenant.createUser();
    const me = await tenant.as(['USER'], user.id);
    const shown = await me.get('/v1/me');
    expect(shown.body).toMatchObject({
      id: user.id,
      tenant: { id: tenant.id, name: tenant.id },
      roles: ['USER'],
      acr: expect.any(String) as string,
    });
    harness.dispatcher.reset();
    const changed = await me.patch('/v1/me', { mobile: '+14155550123' });
    expect([changed.status, userOf(changed).mobile, changed.headers['etag']]).toEqual([200, '+14155550123', '"2"']);
    expect(harness.dispatcher.callsOf(user.id)[0]).toBe('ask validateUpdateUser');
    for (const body of [
      { roles: ['ORG_ADMIN'] },
      { manager: tenant.adminId },
      { attributes: {} },
      { userType: 'Boss' },
    ]) {
      expect((await me.patch('/v1/me', body)).status).toBe(400);
    }
    const endpoint = await harness.authority.token({
      tenantId: tenant.id,
      roles: ['ORG_ADMIN'],
      sub: 'webhook:ep_1',
      userId: 'usr_1',
    });
    expect((await harness.service.api.as(endpoint).get('/v1/me')).status).toBe(403);
  });

  it('tells other services of a user by id, and none but them', async () => {
    const user = await tenant.createUser();
    const internal = harness.service.api.with(await harness.keys.headers('auth-mfa', 'user-lifecycle', tenant.id));
    expect((await internal.get(`/internal/users/${user.id}`)).body).toEqual(user);
    expect((await internal.get('/internal/users/usr_nobody')).status).toBe(404);
    const other = harness.service.api.with(await harness.keys.headers('auth-mfa', 'user-lifecycle', 'another'));
    expect((await other.get(`/internal/users/${user.id}`)).status).toBe(404);
    const gateway = harness.service.api.with(await harness.keys.headers('gateway', 'user-lifecycle', tenant.id));
    expect((await gateway.get(`/internal/users/${user.id}`)).status).toBe(403);
    expect((await tenant.admin.get(`/internal/users/${user.id}`)).status).toBe(401);
  });

  it('audits each change with before and after', async () => {
    const user = await tenant.createUser();
    await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    await tenant.admin.post(`/v1/users/${user.id}/disable`);
    const filter = encodeURIComponent(`target.id eq "${user.id}" and action sw "user."`);
    const rows = await eventually(async () => {
      const { data } = (await tenant.admin.get(`/v1/audit?filter=${filter}`)).body as {
        data: { action: string; changes: unknown }[];
      };
      if (data.length < 3) throw new Error(`${data.length} rows`);
      return data;
    });
    expect(rows.map(row => [row.action, row.changes]).slice(0, 2)).toEqual([
      ['user.disabled', { status: { before: 'active', after: 'disabled' } }],
      ['user.updated', { country: { before: 'India', after: 'Peru' } }],
    ]);
    expect((await tenant.admin.post('/v1/users', newUserBody())).status).toBe(201);
  });
});
