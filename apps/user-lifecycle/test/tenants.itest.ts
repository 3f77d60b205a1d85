import type { CreatedTenant } from '@countersign/contracts';
import { tenantId as toTenantId } from '@countersign/kernel';
import { eventually, type ApiAnswer } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, pageOf, problemOf, uniqueName, userOf } from './harness.js';

describe('tenants', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness?.stop());

  const create = async (body: Record<string, unknown>) => (await harness.operator()).post('/internal/tenants', body);

  it('creates a tenant with an administrator whose password is set before it returns, asking no hook', async () => {
    const slug = uniqueName('t');
    const answer = await create({ slug, name: 'Acme', adminLogin: 'Root', adminEmail: 'root@example.com' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const created = answer.body as CreatedTenant;
    expect(created).toMatchObject({
      tenantId: slug,
      slug,
      adminLogin: 'Root',
      adminPassword: expect.stringMatching(/^.{20}$/) as string,
    });
    const credential = harness.authority.credentials.find(other => other.tenantId === slug);
    expect(credential).toMatchObject({ login: 'Root', password: created.adminPassword, oneTime: true });
    const tenantId = toTenantId(slug);
    const [event] = await harness.eventTypes(tenantId, slug, ['tenant.created']);
    expect(event!.data).toMatchObject({
      tenant: { id: slug, name: 'Acme', status: 'active', version: 1 },
      aggregateVersion: 1,
    });
    const [admin] = await harness.eventTypes(tenantId, credential!.userId, ['user.created']);
    expect(admin!.data.user).toMatchObject({
      login: 'Root',
      roles: ['ORG_ADMIN', 'USER'],
      status: 'active',
      email: 'root@example.com',
    });
    expect(harness.dispatcher.calls).toEqual([]);
    const token = await harness.authority.token({
      tenantId,
      roles: ['ORG_ADMIN', 'USER'],
      userId: credential!.userId,
      sub: 'Root',
    });
    expect((await harness.service.api.as(token).get('/v1/me')).body).toMatchObject({
      login: 'Root',
      tenant: { name: 'Acme' },
    });
    expect(await harness.sql(tenantId, 'select 1 from tenant_creations')).toEqual([]);
  });

  it('refuses a slug in use with a clear 409, also when two create it at once', async () => {
    const slug = uniqueName('t');
    const answers = await Promise.all([1, 2, 3, 4].map(() => create({ slug, adminLogin: 'admin' })));
    expect(answers.map(answer => answer.status).sort()).toEqual([201, 409, 409, 409]);
    const again = await create({ slug, adminLogin: 'admin' });
    expect([again.status, problemOf(again).code, problemOf(again).errors?.[0]?.pointer]).toEqual([
      409,
      'tenant_exists',
      '/slug',
    ]);
    const tenantId = toTenantId(slug);
    expect((await harness.sql(tenantId, 'select 1 from users')).length).toBe(1);
  });

  it('goes on with a creation that died half way, with the same user and password', async () => {
    const slug = uniqueName('t');
    harness.authority.refuseCredentials(503, { code: 'starting' });
    expect((await create({ slug, adminLogin: 'admin' })).status).toBe(503);
    harness.authority.refuseCredentials();
    const tenantId = toTenantId(slug);
    const [left] = await harness.sql<{ admin_user_id: string }>(tenantId, 'select admin_user_id from tenant_creations');
    expect(await harness.sql(tenantId, 'select 1 from users')).toEqual([]);
    await harness.sql(tenantId, `update tenant_creations set lease_until = now() + interval '1 minute'`);
    const busy = await create({ slug, adminLogin: 'admin' });
    expect([busy.status, problemOf(busy).code]).toEqual([409, 'tenant_being_created']);
    await harness.sql(tenantId, `update tenant_creations set lease_until = now() - interval '1 second'`);
    expect((await create({ slug, adminLogin: 'admin' })).status).toBe(201);
    expect(await harness.sql(tenantId, 'select id from users')).toEqual([{ id: left!.admin_user_id }]);
  });

  it('names what it refuses by pointer', async () => {
    const cases: [Record<string, unknown>, number, string | undefined][] = [
      [{ slug: 'platform', adminLogin: 'admin' }, 422, '/slug'],
      [{ slug: uniqueName('t'), adminLogin: 'a b' }, 422, '/adminLogin'],
      [{ slug: uniqueName('t'), adminLogin: 'admin', adminEmail: 'x' }, 400, '/adminEmail'],
      [
        { slug: uniqueName('t'), adminLogin: 'admin', adminEmail: `a@${'long.'.repeat(60)}example` },
        400,
        '/adminEmail',
      ],
      [{ slug: uniqueName('t'), adminLogin: 'admin', colour: 'red' }, 400, '/colour'],
      [{ slug: uniqueName('t') }, 400, '/adminLogin'],
    ];
    for (const [body, status, pointer] of cases) {
      const answer = await create(body);
      expect([answer.status, problemOf(answer).errors?.[0]?.pointer]).toEqual([status, pointer]);
    }
    expect((await create({ slug: 'Not a slug', adminLogin: 'admin' })).status).toBe(422);
  });

  it('lists tenants by slug in pages, and disables one once', async () => {
    const tenant = await harness.createTenant(uniqueName('zz'));
    const operator = await harness.operator();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: ApiAnswer = await operator.get(`/internal/tenants?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      const page = pageOf<{ id: string }>(answer);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.page.next;
    } while (cursor);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toContain(tenant.id);
    for (let time = 0; time < 2; time++) {
      const disabled = await operator.post(`/internal/tenants/${tenant.id}/disable`);
      expect(disabled.body).toMatchObject({ id: tenant.id, status: 'disabled', version: 2 });
    }
    await harness.eventTypes(tenant.id, tenant.id, ['tenant.created', 'tenant.disabled']);
    expect((await operator.post('/internal/tenants/no-such-tenant/disable')).status).toBe(404);
  });

  it('is the operator’s alone', async () => {
    const tenant = await harness.createTenant();
    expect((await tenant.admin.get('/internal/tenants')).status).toBe(401);
    const other = harness.service.api.with(await harness.keys.headers('webhook-dispatcher', 'user-lifecycle'));
    expect((await other.get('/internal/tenants')).status).toBe(403);
    expect((await other.post('/internal/republish', {})).status).toBe(403);
  });

  it('shows nothing of one tenant to another', async () => {
    const [mine, theirs] = [await harness.createTenant(), await harness.createTenant()];
    const user = await theirs.createUser();
    const group = (await theirs.admin.post('/v1/groups', { name: 'Theirs' })).body as { id: string };
    for (const answer of [
      await mine.admin.get(`/v1/users/${user.id}`),
      await mine.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' }),
      await mine.admin.delete(`/v1/users/${user.id}`),
      await mine.admin.post(`/v1/users/${user.id}/disable`),
      await mine.admin.get(`/v1/groups/${group.id}`),
      await mine.admin.put(`/v1/groups/${group.id}/members/${mine.adminId}`),
    ]) {
      expect(answer.status).toBe(404);
    }
    const foreign = await mine.admin.patch(`/v1/users/${mine.adminId}`, {
      manager: user.id,
      assignedGroups: [group.id],
    });
    expect(problemOf(foreign).errors?.map(error => error.pointer)).toEqual(['/assignedGroups/0', '/manager']);
    expect((await mine.createUser({ login: user.login })).login).toBe(user.login);
    expect(pageOf(await mine.admin.get(`/v1/users?filter=${encodeURIComponent(`id eq "${user.id}"`)}`)).data).toEqual(
      [],
    );
  });

  it('republishes current state as snapshots, deleted users too', async () => {
    const [tenant] = [await harness.createTenant(), await harness.createTenant()];
    const [kept, gone] = [await tenant.createUser(), await tenant.createUser()];
    const group = (await tenant.admin.post('/v1/groups', { name: 'Again' })).body as { id: string };
    await tenant.admin.patch(`/v1/users/${kept.id}`, { assignedGroups: [group.id] });
    await tenant.admin.delete(`/v1/users/${gone.id}`);
    const operator = await harness.operator();
    expect((await operator.post('/internal/republish', { tenant: tenant.id })).body).toEqual({
      tenants: 1,
      groups: 1,
      users: 3,
    });
    const events = await harness.eventTypes(tenant.id, kept.id, ['user.created', 'user.updated', 'user.snapshot']);
    expect(events[2]!.data).toEqual({
      user: userOf(await tenant.admin.get(`/v1/users/${kept.id}`)),
      aggregateVersion: 2,
    });
    await harness.eventTypes(tenant.id, gone.id, ['user.created', 'user.deleted', 'user.snapshot']);
    await harness.eventTypes(tenant.id, group.id, ['group.created', 'group.snapshot']);
    await harness.eventTypes(tenant.id, tenant.id, ['tenant.created', 'tenant.snapshot']);
    expect((await operator.post('/internal/republish', { tenant: tenant.id, aggregate: 'group' })).body).toEqual({
      tenants: 0,
      groups: 1,
      users: 0,
    });
    expect((await operator.post('/internal/republish', { tenant: 'no-such-tenant' })).status).toBe(404);
    const all = (await operator.post('/internal/republish')).body as { tenants: number };
    expect(all.tenants).toBeGreaterThan(1);
  });

  it('keeps the audit log of every service, each fact once however often it arrives', async () => {
    const tenant = await harness.createTenant();
    const rows = await eventually(async () => {
      const { data } = pageOf<{ action: string; actor: unknown }>(await tenant.admin.get('/v1/audit'));
      if (data.length < 2) throw new Error('not yet');
      return data;
    });
    expect(rows.map(row => row.action).sort()).toEqual(['tenant.created', 'user.created']);
    expect(rows[0]!.actor).toEqual({ type: 'operator', id: 'operator' });
    await tenant.createUser();
    const page = await eventually(async () => {
      const answer = pageOf<{ id: string; at: string }>(await tenant.admin.get('/v1/audit?limit=2'));
      const rest = pageOf<{ id: string; at: string }>(
        await tenant.admin.get(`/v1/audit?limit=2&cursor=${answer.page.next ?? ''}`),
      );
      if (answer.data.length + rest.data.length < 3) throw new Error('not yet');
      return [...answer.data, ...rest.data];
    });
    expect(page.map(row => row.at)).toEqual(
      page
        .map(row => row.at)
        .sort()
        .reverse(),
    );
    const filter = (text: string) => tenant.admin.get(`/v1/audit?filter=${encodeURIComponent(text)}`);
    expect(
      pageOf(await filter('actor.id eq "operator" and action eq "tenant.created" and at gt "2020-01-01T00:00:00Z"'))
        .data.length,
    ).toBe(1);
    expect(pageOf(await filter('target.type eq "user"')).data.length).toBe(2);
    expect(problemOf(await filter('clientIp eq "127.0.0.1"')).code).toBe('filter_unsupported');
    expect((await (await tenant.as(['AUDITOR'])).get('/v1/audit')).status).toBe(200);
    expect((await (await tenant.as(['HELPDESK'])).get('/v1/audit')).status).toBe(403);
  });
});
