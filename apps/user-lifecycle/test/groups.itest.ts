import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RELEASE_BATCH } from '../src/groups/release-members.js';
import { Harness, pageOf, problemOf, userOf, type TestTenant } from './harness.js';
import { eventually } from '@countersign/testing';

interface Group {
  id: string;
  name: string;
  description: string | null;
  version: number;
}

describe('groups and membership', () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
  });
  beforeEach(() => harness.dispatcher.reset());
  afterAll(() => harness?.stop());

  async function createGroup(name: string): Promise<Group> {
    const created = await tenant.admin.post('/v1/groups', { name });
    expect(created.status).toBe(201);
    return created.body as Group;
  }

  it('creates, reads, renames and deletes a group, with an event for each', async () => {
    const created = await tenant.admin.post('/v1/groups', { name: ' Staff ', description: 'all' });
    const group = created.body as Group;
    expect(group).toMatchObject({ name: 'Staff', description: 'all', version: 1 });
    expect([created.headers['location'], created.headers['etag']]).toEqual([`/v1/groups/${group.id}`, '"1"']);
    const path = `/v1/groups/${group.id}`;
    expect((await tenant.admin.get(path)).body).toEqual(group);
    expect((await tenant.admin.patch(path, { name: 'Crew' }, { headers: { 'if-match': '"9"' } })).status).toBe(412);
    const renamed = await tenant.admin.patch(path, { name: 'Crew', description: null });
    expect(renamed.body).toMatchObject({ name: 'Crew', description: null, version: 2 });
    expect((await tenant.admin.patch(path, { name: 'Crew' })).body).toMatchObject({ version: 2 });
    expect((await tenant.admin.delete(path)).status).toBe(204);
    expect((await tenant.admin.get(path)).status).toBe(404);
    expect((await tenant.admin.delete(path)).status).toBe(404);
    await harness.eventTypes(tenant.id, group.id, ['group.created', 'group.updated', 'group.deleted']);
  });

  it('tells of a membership changed at the group as an update of the user, and asks nothing', async () => {
    const [group, user] = [await createGroup('Sales'), await tenant.createUser()];
    harness.dispatcher.reset();
    harness.dispatcher.breakDown();
    const path = `/v1/groups/${group.id}/members/${user.id}`;
    expect([(await tenant.admin.put(path)).status, (await tenant.admin.put(path)).status]).toEqual([204, 204]);
    expect(userOf(await tenant.admin.get(`/v1/users/${user.id}`))).toMatchObject({
      assignedGroups: [group.id],
      version: 2,
    });
    expect(pageOf(await tenant.admin.get(`/v1/groups/${group.id}/members`)).data.map(member => member.id)).toEqual([
      user.id,
    ]);
    expect([(await tenant.admin.delete(path)).status, (await tenant.admin.delete(path)).status]).toEqual([204, 204]);
    const events = await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated', 'user.updated']);
    expect(
      events.slice(1).map(event => [event.data.cause, event.data.changed, event.data.user!.assignedGroups]),
    ).toEqual([
      ['membership', ['/assignedGroups'], [group.id]],
      ['membership', ['/assignedGroups'], []],
    ]);
    expect(harness.dispatcher.calls).toEqual([]);
  });

  it("takes a user's assignedGroups as an update, which the tenant is asked about", async () => {
    const [group, user] = [await createGroup('Ops'), await tenant.createUser()];
    harness.dispatcher.reset();
    const updated = await tenant.admin.patch(`/v1/users/${user.id}`, { assignedGroups: [group.id, group.id] });
    expect(userOf(updated).assignedGroups).toEqual([group.id]);
    expect(harness.dispatcher.callsOf(user.id)).toEqual([
      'ask validateUpdateUser',
      'ask preUpdateUser',
      'announce preUpdateUser',
    ]);
    const [, event] = await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated']);
    expect(event!.data.cause).toBe('update');
  });

  it('deletes a group for each former member, renames it for nobody', async () => {
    const group = await createGroup('Temps');
    const users = await Promise.all([1, 2, 3].map(() => tenant.createUser({ assignedGroups: [group.id] })));
    harness.dispatcher.reset();
    expect((await tenant.admin.patch(`/v1/groups/${group.id}`, { name: 'Temporary' })).status).toBe(200);
    expect((await tenant.admin.delete(`/v1/groups/${group.id}`)).status).toBe(204);
    for (const user of users) {
      const [, event] = await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated']);
      expect(event!.data).toMatchObject({
        cause: 'membership',
        changed: ['/assignedGroups'],
        user: { assignedGroups: [], version: 2 },
      });
    }
    expect(harness.dispatcher.calls).toEqual([]);
  });

  it('releases the members of a large group in batches, hidden from the first moment on', async () => {
    const group = await createGroup('Everyone');
    const count = RELEASE_BATCH * 2 + 5;
    await harness.sql(
      tenant.id,
      `with made as (
         insert into users (tenant_id, id, login, login_key, first_name, first_name_key, last_name, last_name_key, attributes, roles,
                            status, provisioned_apps, created_at, updated_at, version)
         select $1, 'usr_many' || n, 'many' || n, 'many' || n, 'M', 'm', 'N', 'n', '{}', '{USER}', 'active', '{}', now(), now(), 1
           from generate_series(1, $3::int) n returning id)
       select id from made where $2::text is not null`,
      [tenant.id, group.id, count],
    );
    await harness.sql(
      tenant.id,
      `insert into group_members (tenant_id, group_id, user_id) select $1, $2, id from users where id like 'usr_many%'`,
      [tenant.id, group.id],
    );
    expect((await tenant.admin.delete(`/v1/groups/${group.id}`)).status).toBe(204);
    expect(userOf(await tenant.admin.get('/v1/users/usr_many9')).assignedGroups).toEqual([]);
    await eventually(
      async () => {
        const rows = await harness.sql(tenant.id, `select 1 from users where id like 'usr_many%' and version = 2`);
        if (rows.length < count) throw new Error(`${rows.length} released`);
      },
      { timeoutMs: 20_000 },
    );
    expect(await harness.sql(tenant.id, 'select 1 from group_members where group_id = $1', [group.id])).toEqual([]);
  });

  it('updates a user whose group went meanwhile and that is yet to be released', async () => {
    const [group, other] = [await createGroup('Going'), await createGroup('Staying')];
    const user = await tenant.createUser({ assignedGroups: [group.id, other.id] });
    harness.dispatcher.answer('validateUpdateUser', async () => {
      // As the deletion of a large group leaves it: gone for all, its last members waiting for their release.
      await harness.sql(tenant.id, `update groups set deleted_at = now() where id = $1`, [group.id]);
      return { outcome: 'unchanged' };
    });
    const updated = await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    expect(updated.status).toBe(200);
    expect(userOf(updated)).toMatchObject({ country: 'Peru', assignedGroups: [other.id], version: 2 });
    const [, event] = await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated']);
    expect(event!.data.changed).toEqual(['/country']);
  });

  it('refuses the group that would be one too many for a user', async () => {
    const user = await tenant.createUser();
    await harness.sql(
      tenant.id,
      `with made as (insert into groups (tenant_id, id, name, name_key, created_at, updated_at, version)
         select $1, 'grp_many' || n, 'Many', 'many', now(), now(), 1 from generate_series(1, 500) n returning id)
       insert into group_members (tenant_id, group_id, user_id) select $1, id, $2 from made`,
      [tenant.id, user.id],
    );
    const group = await createGroup('One too many');
    const refused = await tenant.admin.put(`/v1/groups/${group.id}/members/${user.id}`);
    expect([refused.status, problemOf(refused).code]).toEqual([422, 'too_many_groups']);
    expect((await tenant.admin.delete(`/v1/groups/grp_many7/members/${user.id}`)).status).toBe(204);
    expect((await tenant.admin.put(`/v1/groups/${group.id}/members/${user.id}`)).status).toBe(204);
  });

  it('filters, sorts and pages groups', async () => {
    const own = await harness.createTenant();
    for (const name of ['beta', 'Alpha', 'gamma', 'alpine']) await own.admin.post('/v1/groups', { name });
    const names = async (query: string) =>
      pageOf<Group>(await own.admin.get(`/v1/groups?${query}`)).data.map(group => group.name);
    expect(await names('')).toEqual(['Alpha', 'alpine', 'beta', 'gamma']);
    expect(await names('sort=-name&limit=2')).toEqual(['gamma', 'beta']);
    expect(await names(`filter=${encodeURIComponent('name sw "AL"')}`)).toEqual(['Alpha', 'alpine']);
    const refused = await own.admin.get(`/v1/groups?filter=${encodeURIComponent('description eq "x"')}`);
    expect([refused.status, problemOf(refused).code]).toEqual([400, 'filter_unsupported']);
  });

  it('gives rights by roles', async () => {
    const group = await createGroup('Rights');
    const user = await tenant.createUser();
    const [helpdesk, auditor, plain] = [
      await tenant.as(['HELPDESK']),
      await tenant.as(['AUDITOR']),
      await tenant.as(['USER']),
    ];
    expect((await helpdesk.post('/v1/groups', { name: 'x' })).status).toBe(403);
    expect((await helpdesk.put(`/v1/groups/${group.id}/members/${user.id}`)).status).toBe(204);
    expect((await auditor.get(`/v1/groups/${group.id}/members`)).status).toBe(200);
    expect((await auditor.delete(`/v1/groups/${group.id}/members/${user.id}`)).status).toBe(403);
    expect((await plain.get('/v1/groups')).status).toBe(403);
    expect((await tenant.admin.put(`/v1/groups/${group.id}/members/usr_nobody`)).status).toBe(404);
    expect((await tenant.admin.put(`/v1/groups/grp_nothing/members/${user.id}`)).status).toBe(404);
  });
});
