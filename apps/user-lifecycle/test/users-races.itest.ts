import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, newUserBody, problemOf, userOf, type TestTenant } from './harness.js';

describe('rules that hold across users', () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
  });
  afterAll(() => harness?.stop());

  const manager = (id: string, managerId: string | null) =>
    tenant.admin.patch(`/v1/users/${id}`, { manager: managerId });

  it('refuses a circle of managers, of any length', async () => {
    const [a, b, c] = [await tenant.createUser(), await tenant.createUser(), await tenant.createUser()];
    expect((await manager(b.id, a.id)).status).toBe(200);
    expect((await manager(c.id, b.id)).status).toBe(200);
    for (const [id, managerId] of [
      [a.id, a.id],
      [a.id, b.id],
      [a.id, c.id],
    ] as const) {
      const refused = await manager(id, managerId);
      expect([refused.status, problemOf(refused).errors?.[0]]).toMatchObject([
        422,
        { pointer: '/manager', code: 'manager_cycle' },
      ]);
    }
    expect(userOf(await manager(c.id, null)).manager).toBe(null);
    expect((await manager(a.id, c.id)).status).toBe(200);
  });

  it('lets no two simultaneous changes make a circle', async () => {
    for (let round = 0; round < 5; round++) {
      const users = await Promise.all(Array.from({ length: 3 }, () => tenant.createUser()));
      const answers = await Promise.all(users.map((user, index) => manager(user.id, users[(index + 1) % 3]!.id)));
      expect(answers.filter(answer => answer.status === 200).length).toBe(2);
      expect(answers.filter(answer => answer.status === 422).length).toBe(1);
    }
  });

  it('keeps the last administrator: not disabled, deleted or demoted', async () => {
    const path = `/v1/users/${tenant.adminId}`;
    for (const answer of [
      await tenant.admin.post(`${path}/disable`),
      await tenant.admin.delete(path),
      await tenant.admin.patch(path, { roles: ['USER'] }),
      await tenant.admin.patch(path, { roles: ['USER', 'AUDITOR'] }),
      await tenant.admin.post(`${path}/disable?dryRun=true`),
    ]) {
      expect([answer.status, problemOf(answer).code]).toEqual([409, 'last_org_admin']);
    }
    const staged = await tenant.createUser({ roles: ['ORG_ADMIN'] });
    await tenant.admin.post(`/v1/users/${staged.id}/disable`);
    expect((await tenant.admin.post(`${path}/disable`)).status).toBe(409);
  });

  it('announces no update that the last administrator keeps from happening', async () => {
    const own = await harness.createTenant();
    harness.dispatcher.reset();
    const patch = { roles: ['USER'], country: 'Peru' };
    const refused = await own.admin.patch(`/v1/users/${own.adminId}`, patch);
    expect([refused.status, problemOf(refused).code]).toEqual([409, 'last_org_admin']);
    expect((await own.admin.patch(`/v1/users/${own.adminId}?dryRun=true`, patch)).status).toBe(409);
    expect(harness.dispatcher.callsOf(own.adminId)).toEqual([]);
  });

  it('keeps one of two administrators that go at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const own = await harness.createTenant();
      const second = await own.createUser({ roles: ['ORG_ADMIN', 'USER'] });
      const answers = await Promise.all([
        own.admin.post(`/v1/users/${own.adminId}/disable`),
        round % 2
          ? own.admin.patch(`/v1/users/${second.id}`, { roles: ['USER'] })
          : own.admin.delete(`/v1/users/${second.id}`),
      ]);
      expect(answers.filter(answer => answer.status < 300).length).toBe(1);
      expect(answers.filter(answer => answer.status === 409).length).toBe(1);
    }
  });

  it('adds a user once to groups however many say so at once, and loses no membership', async () => {
    const groups = await Promise.all(
      Array.from(
        { length: 4 },
        async (_, index) => (await tenant.admin.post('/v1/groups', { name: `Race ${index}` })).body as { id: string },
      ),
    );
    const user = await tenant.createUser();
    const puts = [...groups, ...groups].map(group => tenant.admin.put(`/v1/groups/${group.id}/members/${user.id}`));
    expect((await Promise.all(puts)).map(answer => answer.status)).toEqual(Array.from({ length: 8 }, () => 204));
    const read = userOf(await tenant.admin.get(`/v1/users/${user.id}`));
    expect([read.assignedGroups, read.version]).toEqual([groups.map(group => group.id).sort(), 5]);
  });

  it('gives a unique attribute to one of eight that want it, at creation and at update', async () => {
    const attributes = [{ name: 'badge', type: 'string', unique: true }];
    expect((await tenant.admin.put('/v1/user-attributes', { attributes })).status).toBe(200);
    const creations = await Promise.all(
      Array.from({ length: 8 }, () => tenant.admin.post('/v1/users', newUserBody({ attributes: { badge: 'X-1' } }))),
    );
    expect(creations.filter(answer => answer.status === 201).length).toBe(1);
    for (const lost of creations.filter(answer => answer.status !== 201)) {
      expect([lost.status, problemOf(lost).errors?.[0]?.pointer]).toEqual([409, '/attributes/badge']);
    }
    const users = await Promise.all(Array.from({ length: 4 }, () => tenant.createUser()));
    const updates = await Promise.all(
      users.map(user => tenant.admin.patch(`/v1/users/${user.id}`, { attributes: { badge: 'X-2' } })),
    );
    expect(updates.map(answer => answer.status).sort()).toEqual([200, 409, 409, 409]);
    const winner = userOf(updates.find(answer => answer.status === 200)!);
    expect((await tenant.admin.patch(`/v1/users/${winner.id}`, { attributes: { badge: 'X-3' } })).status).toBe(200);
    const next = users.find(user => user.id !== winner.id)!;
    expect((await tenant.admin.patch(`/v1/users/${next.id}`, { attributes: { badge: 'x-2' } })).status).toBe(200);
    expect((await tenant.admin.delete(`/v1/users/${next.id}`)).status).toBe(204);
    expect((await tenant.admin.post('/v1/users', newUserBody({ attributes: { badge: 'X-2' } }))).status).toBe(201);
  });
});
