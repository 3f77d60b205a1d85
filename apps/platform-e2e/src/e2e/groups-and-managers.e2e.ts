import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { Group, Page, User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';

describe('groups', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  async function members(group: Group): Promise<string[]> {
    const answer = await tenant.admin.get<Page<{ id: string }>>(`/v1/groups/${group.id}/members`);
    return expectStatus(answer, 200).body.data.map(({ id }) => id);
  }

  async function groupsOf(user: User): Promise<readonly string[]> {
    return (await tenant.admin.get<User>(`/v1/users/${user.id}`)).body.assignedGroups;
  }

  it('is created, read, renamed and deleted', async () => {
    const name = uniqueName('engineers-');
    const created = expectStatus(await tenant.admin.post<Group>('/v1/groups', { name }), 201);
    expect(created.body).toMatchObject({ id: expect.stringMatching(/^grp_/) as string, name });
    const path = `/v1/groups/${created.body.id}`;
    expect(created.headers['location']).toBe(path);
    const read = expectStatus(await tenant.admin.get<Group>(path), 200);
    expect(read.body).toEqual(created.body);
    expect(read.headers['etag']).toBeTruthy();
    const renamed = uniqueName('builders-');
    expect(expectStatus(await tenant.admin.patch<Group>(path, { name: renamed }), 200).body.name).toBe(renamed);
    const stale = { 'if-match': read.headers['etag'] ?? '' };
    expectProblem(await tenant.admin.patch(path, { name: uniqueName('x-') }, stale), { status: 412 });
    expectStatus(await tenant.admin.delete(path), 204);
    expectProblem(await tenant.admin.get(path), { status: 404 });
  });

  it('takes and loses members, the same call twice doing no harm', async () => {
    const [group, user] = [await tenant.createGroup(), await tenant.createUser()];
    const path = `/v1/groups/${group.id}/members/${user.id}`;
    for (let time = 0; time < 2; time += 1) expect([200, 201, 204]).toContain((await tenant.admin.put(path)).status);
    expect(await members(group)).toEqual([user.id]);
    expect(await groupsOf(user)).toEqual([group.id]);
    expectStatus(await tenant.admin.delete(path), 204);
    expect(await members(group)).toEqual([]);
    expect(await groupsOf(user)).toEqual([]);
  });

  it('shows the membership that was set at the user', async () => {
    const [first, second] = [await tenant.createGroup(), await tenant.createGroup()];
    const user = await tenant.createUser({ assignedGroups: [first.id] });
    expect(user.assignedGroups).toEqual([first.id]);
    expect(await members(first)).toEqual([user.id]);
    await tenant.admin.patch(`/v1/users/${user.id}`, { assignedGroups: [second.id] });
    expect([await members(first), await members(second)]).toEqual([[], [user.id]]);
  });

  it('takes its members out of it when it is deleted, and a deleted user out of its groups', async () => {
    const [group, kept] = [await tenant.createGroup(), await tenant.createGroup()];
    const user = await tenant.createUser({ assignedGroups: [group.id, kept.id] });
    expectStatus(await tenant.admin.delete(`/v1/groups/${group.id}`), 204);
    expect(await groupsOf(user)).toEqual([kept.id]);
    expectStatus(await tenant.admin.delete(`/v1/users/${user.id}`), 204);
    expect(await members(kept)).toEqual([]);
  });

  it('refuses a group or member that is not there', async () => {
    const [group, user] = [await tenant.createGroup(), await tenant.createUser()];
    const nobody = 'usr_01890000000000000000000000';
    const nothing = 'grp_01890000000000000000000000';
    expectProblem(await tenant.admin.put(`/v1/groups/${group.id}/members/${nobody}`), { status: 404 });
    expectProblem(await tenant.admin.put(`/v1/groups/${nothing}/members/${user.id}`), { status: 404 });
    const answer = await tenant.admin.post('/v1/users', newUser({ assignedGroups: [group.id, nothing] }));
    const problem = expectProblem(answer, { status: 422 });
    expect(problem.errors?.some(({ pointer }) => pointer.startsWith('/assignedGroups'))).toBe(true);
  });

  it('is read by an auditor and written by administrators', async () => {
    const group = await tenant.createGroup();
    const auditor = (await tenant.signUp(['AUDITOR'])).api;
    expectStatus(await auditor.get(`/v1/groups/${group.id}`), 200);
    expectStatus(await auditor.get('/v1/groups'), 200);
    expectProblem(await auditor.post('/v1/groups', { name: uniqueName('x-') }), { status: 403 });
    expectProblem(await auditor.delete(`/v1/groups/${group.id}`), { status: 403 });
  });

  it('survives parallel joins without losing one', async () => {
    const group = await tenant.createGroup();
    const users = await Promise.all(Array.from({ length: 8 }, () => tenant.createUser()));
    await Promise.all(users.map(user => tenant.admin.put(`/v1/groups/${group.id}/members/${user.id}`)));
    expect((await members(group)).sort()).toEqual(users.map(({ id }) => id).sort());
  });
});

describe('managers', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  function setManager(user: User, manager: string | null) {
    return tenant.admin.patch<User>(`/v1/users/${user.id}`, { manager });
  }

  it('is set and cleared', async () => {
    const boss = await tenant.createUser();
    const user = await tenant.createUser({ manager: boss.id });
    expect(user.manager).toBe(boss.id);
    expect(expectStatus(await setManager(user, null), 200).body.manager ?? null).toBe(null);
  });

  it('must exist', async () => {
    const answer = await tenant.admin.post('/v1/users', newUser({ manager: 'usr_01890000000000000000000000' }));
    expectProblem(answer, { status: 422, pointer: '/manager' });
  });

  it('never makes a cycle, however long', async () => {
    const a = await tenant.createUser();
    const b = await tenant.createUser({ manager: a.id });
    const c = await tenant.createUser({ manager: b.id });
    for (const manager of [a.id, b.id, c.id]) {
      expectProblem(await setManager(a, manager), { status: 422, pointer: '/manager' });
    }
    expectStatus(await setManager(c, a.id), 200);
  });

  it('never makes a cycle out of two changes at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await tenant.createUser(), await tenant.createUser()];
      const answers = await Promise.all([setManager(a, b.id), setManager(b, a.id)]);
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses[0], answers.map(({ text }) => text).join()).toBe(200);
      expect([409, 422], answers.map(({ text }) => text).join()).toContain(statuses[1]);
    }
  });
});
