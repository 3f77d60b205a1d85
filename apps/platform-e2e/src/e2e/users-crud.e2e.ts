import { beforeAll, describe, expect, it } from 'vitest';
import { strongPassword, uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';

describe('users: create, read, update, delete', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  it("creates a user with the seed's attributes and answers 201 with Location and ETag", async () => {
    const body = newUser({ email: 'shreyash@example.com', mobile: '+919812345678', securityQuestion: { pet: 'Rex' } });
    const created = expectStatus(await tenant.admin.post<User>('/v1/users', body), 201);
    const { securityQuestion: _, ...visible } = body;
    expect(created.body).toMatchObject({
      ...visible,
      id: expect.stringMatching(/^usr_/) as string,
      status: 'active',
      assignedGroups: [],
      provisionedApps: {},
      securityQuestion: {},
      version: 1,
    });
    expect(created.text).not.toContain('Rex');
    expect(created.headers['location']).toBe(`/v1/users/${created.body.id}`);
    expect(created.headers['etag']).toMatch(/^(W\/)?".+"$/);
    expect(created.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

    const read = expectStatus(await tenant.admin.get<User>(`/v1/users/${created.body.id}`), 200);
    expect(read.body).toEqual(created.body);
    expect(read.headers['etag']).toBe(created.headers['etag']);
  });

  it('never shows a password', async () => {
    const password = strongPassword();
    const created = expectStatus(await tenant.admin.post<User>('/v1/users', newUser({ password })), 201);
    expect(created.text).not.toContain(password);
    expect((await tenant.admin.get(`/v1/users/${created.body.id}`)).text).not.toContain(password);
  });

  it('merges a patch: absent stays, null clears, the version grows', async () => {
    const user = await tenant.createUser({ email: 'a@example.com', mobile: '+14155550123' });
    const answer = await tenant.admin.patch<User>(`/v1/users/${user.id}`, { firstName: 'Maya', mobile: null });
    const patched = expectStatus(answer, 200).body;
    expect(patched).toMatchObject({ firstName: 'Maya', lastName: user.lastName, email: 'a@example.com', version: 2 });
    expect(patched.mobile ?? null).toBe(null);
    expect(Date.parse(patched.updatedAt)).toBeGreaterThanOrEqual(Date.parse(user.updatedAt));
  });

  it('takes a merge patch as plain JSON too', async () => {
    const user = await tenant.createUser();
    const headers = { 'content-type': 'application/json' };
    const patched = await tenant.admin.patch<User>(`/v1/users/${user.id}`, { country: 'Nepal' }, headers);
    expect(expectStatus(patched, 200).body.country).toBe('Nepal');
  });

  it('honours If-Match on PATCH and DELETE', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    const etag = (await tenant.admin.get(path)).headers['etag'] ?? '';
    const second = expectStatus(await tenant.admin.patch(path, { country: 'Peru' }, { 'if-match': etag }), 200);
    expect(second.headers['etag']).not.toBe(etag);
    expectProblem(await tenant.admin.patch(path, { country: 'Chad' }, { 'if-match': etag }), { status: 412 });
    expectProblem(await tenant.admin.delete(path, { 'if-match': etag }), { status: 412 });
    expect((await tenant.admin.get<User>(path)).body).toMatchObject({ country: 'Peru', status: 'active' });
    expectStatus(await tenant.admin.delete(path, { 'if-match': second.headers['etag'] ?? '' }), 204);
  });

  it('refuses an unknown field by its pointer, on POST and PATCH', async () => {
    const user = await tenant.createUser();
    const created = await tenant.admin.post('/v1/users', newUser({ favouriteColour: 'red' }));
    expectProblem(created, { status: 400, pointer: '/favouriteColour' });
    const patched = await tenant.admin.patch(`/v1/users/${user.id}`, { favouriteColour: 'red' });
    expectProblem(patched, { status: 400, pointer: '/favouriteColour' });
  });

  it('names a wrong field by its pointer', async () => {
    const wrong: [string, unknown][] = [
      ['firstName', 5],
      ['email', 'not an address'],
      ['mobile', 'call me'],
      ['assignedGroups', 'grp'],
      ['attributes', []],
      ['roles', ['EMPEROR']],
    ];
    for (const [name, value] of wrong) {
      const answer = await tenant.admin.post('/v1/users', newUser({ [name]: value }));
      expect([400, 422], `${name}: ${answer.text}`).toContain(answer.status);
      const problem = expectProblem(answer, { status: answer.status });
      expect(
        (problem.errors ?? []).some(({ pointer }) => pointer.startsWith(`/${name}`)),
        answer.text,
      ).toBe(true);
    }
    const { login: _, ...withoutLogin } = newUser();
    expectProblem(await tenant.admin.post('/v1/users', withoutLogin), { status: 400, pointer: '/login' });
  });

  it('keeps the login immutable', async () => {
    const user = await tenant.createUser();
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, { login: uniqueName('renamed-') });
    expect([400, 422]).toContain(answer.status);
    expectProblem(answer, { status: answer.status, pointer: '/login' });
  });

  it('dry-runs a create and an update: the same checks and answer shape, nothing kept', async () => {
    const body = newUser();
    const dry = await tenant.admin.post<User>('/v1/users?dryRun=true', body);
    expect([200, 201]).toContain(dry.status);
    expect(dry.body).toMatchObject({ login: body['login'], dryRun: true });
    const search = await tenant.admin.get<{ data: User[] }>(
      `/v1/users?filter=${encodeURIComponent(`login eq "${String(body['login'])}"`)}`,
    );
    expect(search.body.data).toEqual([]);

    const user = expectStatus(await tenant.admin.post<User>('/v1/users', body), 201).body;
    const again = await tenant.admin.post('/v1/users?dryRun=true', body);
    expectProblem(again, { status: 409 });
    const update = await tenant.admin.patch<User>(`/v1/users/${user.id}?dryRun=true`, { country: 'Fiji' });
    expect(expectStatus(update, 200).body).toMatchObject({ country: 'Fiji', dryRun: true });
    const kept = (await tenant.admin.get<User>(`/v1/users/${user.id}`)).body;
    expect([kept.country, kept.version]).toEqual(['India', 1]);
  });

  it('disables and enables', async () => {
    const user = await tenant.createUser();
    const path = `/v1/users/${user.id}`;
    expect(expectStatus(await tenant.admin.post<User>(`${path}/disable`), 200).body.status).toBe('disabled');
    expect((await tenant.admin.get<User>(path)).body.status).toBe('disabled');
    expect(expectStatus(await tenant.admin.post<User>(`${path}/enable`), 200).body.status).toBe('active');
  });

  it('deletes: GET by id still shows it, lists do not, the login is free again', async () => {
    const user = await tenant.createUser();
    expectStatus(await tenant.admin.delete(`/v1/users/${user.id}`), 204);
    expect(expectStatus(await tenant.admin.get<User>(`/v1/users/${user.id}`), 200).body.status).toBe('deleted');
    const list = (filter: string) =>
      tenant.admin.get<{ data: User[] }>(`/v1/users?filter=${encodeURIComponent(filter)}`);
    expect((await list(`login eq "${user.login}"`)).body.data).toEqual([]);
    const deleted = expectStatus(await list('status eq "deleted"'), 200).body.data;
    expect(deleted.map(({ id }) => id)).toContain(user.id);
    const successor = await tenant.createUser({ login: user.login });
    expect(successor.id).not.toBe(user.id);
  });

  it('guards the last administrator', async () => {
    const filter = encodeURIComponent(`login eq "${tenant.adminLogin}"`);
    const [admin] = (await tenant.admin.get<{ data: User[] }>(`/v1/users?filter=${filter}`)).body.data;
    const path = `/v1/users/${admin?.id ?? ''}`;
    for (const answer of [
      await tenant.admin.post(`${path}/disable`),
      await tenant.admin.delete(path),
      await tenant.admin.patch(path, { roles: ['USER'] }),
    ]) {
      expect([409, 422], answer.text).toContain(answer.status);
      expectProblem(answer, { status: answer.status });
    }
  });

  it('answers 404 for an id that is not there', async () => {
    for (const path of ['/v1/users/usr_01890000000000000000000000', '/v1/users/nonsense']) {
      expectProblem(await tenant.admin.get(path), { status: 404 });
      expectProblem(await tenant.admin.patch(path, { country: 'Mali' }), { status: 404 });
      expectProblem(await tenant.admin.delete(path), { status: 404 });
    }
  });

  it('lets roles do what they may: AUDITOR reads, HELPDESK writes users but no roles, USER neither', async () => {
    const [auditor, helpdesk, plain] = [
      (await tenant.signUp(['AUDITOR'])).api,
      (await tenant.signUp(['HELPDESK'])).api,
      (await tenant.signUp(['USER'])).api,
    ];
    expectStatus(await auditor.get('/v1/users'), 200);
    expectProblem(await auditor.post('/v1/users', newUser()), { status: 403 });
    expectStatus(await helpdesk.post('/v1/users', newUser()), 201);
    expectProblem(await helpdesk.post('/v1/users', newUser({ roles: ['ORG_ADMIN'] })), { status: 403 });
    expectProblem(await plain.get('/v1/users'), { status: 403 });
    expectProblem(await plain.post('/v1/users', newUser()), { status: 403 });
  });
});
