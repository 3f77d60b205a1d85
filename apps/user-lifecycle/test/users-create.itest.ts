import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, newUserBody, problemOf, uniqueName, userOf, type TestTenant } from './harness.js';

describe('creating users', () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
  });
  beforeEach(() => harness.dispatcher.reset());
  afterAll(() => harness?.stop());

  it('answers 201 with Location and ETag, and reads the same again', async () => {
    const body = newUserBody({ email: 'a@example.com', mobile: '+919812345678', securityQuestion: { pet: 'Rex' } });
    const created = await tenant.admin.post('/v1/users', body);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    const { securityQuestion: _, ...visible } = body;
    const user = userOf(created);
    expect(user).toMatchObject({
      ...visible,
      status: 'active',
      roles: ['USER'],
      securityQuestion: {},
      version: 1,
      assignedGroups: [],
    });
    expect(created.headers['location']).toBe(`/v1/users/${user.id}`);
    const read = await tenant.admin.get(`/v1/users/${user.id}`);
    expect(read.body).toEqual(user);
    expect([read.headers['etag'], created.headers['etag']]).toEqual(['"1"', '"1"']);
    expect(harness.dispatcher.callsOf(user.id)).toEqual([
      'ask validateUser',
      'ask preCreateUser',
      'announce preCreateUser',
    ]);
    const [event] = await harness.eventTypes(tenant.id, user.id, ['user.created']);
    expect(event!.data).toEqual({ user, aggregateVersion: 1 });
  });

  it('asks and announces no hook that nobody takes', async () => {
    harness.dispatcher.nobodyTakes('preCreateUser');
    harness.dispatcher.nobodyTakes('preUpdateUser');
    const user = await tenant.createUser();
    await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    expect(harness.dispatcher.callsOf(user.id)).toEqual(['ask validateUser', 'ask validateUpdateUser']);
  });

  it('keeps security answers sealed and hashed, and shows them nowhere', async () => {
    const user = await tenant.createUser({ securityQuestion: { 'First pet?': 'Zebulon' } });
    const [row] = await harness.sql<{ sealed: Buffer }>(
      tenant.id,
      'select sealed from security_questions where user_id = $1',
      [user.id],
    );
    expect(row!.sealed.includes('pet')).toBe(false);
    expect(row!.sealed.includes('Zebulon')).toBe(false);
    expect(harness.dispatcher.calls.every(call => JSON.stringify(call.user.securityQuestion) === '{}')).toBe(true);
  });

  it('sets the first credential after the announcement and before the user exists', async () => {
    const seen: unknown[] = [];
    harness.dispatcher.whileAnnounced('preCreateUser', async call => {
      seen.push(harness.authority.credentials.some(credential => credential.userId === call.userId));
      seen.push((await harness.sql(tenant.id, 'select 1 from users where id = $1', [call.userId])).length);
    });
    const user = await tenant.createUser({ password: 'Correct-Horse-9' });
    expect(seen).toEqual([false, 0]);
    expect(harness.authority.credentials.find(credential => credential.userId === user.id)).toMatchObject({
      login: user.login,
      password: 'Correct-Horse-9',
      oneTime: true,
      tenantId: tenant.id,
    });
    const without = await tenant.createUser();
    expect(harness.authority.credentials.some(credential => credential.userId === without.id)).toBe(false);
  });

  it('passes on that the password is refused, before the tenant is asked, and leaves nothing', async () => {
    const errors = [{ pointer: '/password', code: 'too_short', message: 'At least 10 characters' }];
    harness.authority.refuseCredentials(422, { code: 'password_refused', detail: 'At least 10 characters', errors });
    const body = newUserBody({ password: 'short' });
    const refused = await tenant.admin.post('/v1/users', body);
    const dry = await tenant.admin.post('/v1/users?dryRun=true', body);
    harness.authority.refuseCredentials();
    for (const answer of [refused, dry]) {
      expect([answer.status, problemOf(answer).errors?.[0]?.pointer]).toEqual([422, '/password']);
    }
    expect(harness.dispatcher.calls).toEqual([]);
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(201);
  });

  it('gives one user and nineteen clear 409 for twenty creates of one login at once', async () => {
    const login = uniqueName('racer');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        tenant.admin.post('/v1/users', newUserBody({ login: index % 2 ? login : login.toUpperCase() })),
      ),
    );
    expect(answers.filter(answer => answer.status === 201).length).toBe(1);
    for (const answer of answers.filter(other => other.status !== 201)) {
      expect([answer.status, problemOf(answer).code, problemOf(answer).errors?.[0]?.pointer]).toEqual([
        409,
        'login_in_use',
        '/login',
      ]);
    }
    expect((await harness.sql(tenant.id, 'select 1 from users where login_key = $1', [login])).length).toBe(1);
  });

  it('holds the login while the tenant is asked, without an open transaction, and frees it after a refusal', async () => {
    const body = newUserBody();
    let meanwhile: { status: number; idle: number } | undefined;
    harness.dispatcher.answer('validateUser', async () => {
      const second = await tenant.admin.post('/v1/users', body);
      const [row] = await harness.uow.system('test', tx =>
        tx.query<{ idle: number }>(
          `select count(*)::int as idle from pg_stat_activity where usename = 'user_lifecycle_app' and state like 'idle in transaction%'`,
        ),
      );
      meanwhile = { status: second.status, idle: row!.idle };
      return { outcome: 'refused', deliveryId: 'dlv_1', message: 'Not this one' };
    });
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(422);
    expect(meanwhile).toEqual({ status: 409, idle: 0 });
    harness.dispatcher.reset();
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(201);
  });

  it('takes over the reservation of a creation that died', async () => {
    const body = newUserBody();
    const reserve = (lease: string) =>
      harness.sql(
        tenant.id,
        `insert into unique_values (tenant_id, name, value, user_id, reservation, lease_until)
         values ($1, 'login', $2, 'usr_dead', gen_random_uuid(), now() + $3::interval)
         on conflict (tenant_id, name, value) do update set lease_until = excluded.lease_until`,
        [tenant.id, body['login'], lease],
      );
    await reserve('1 minute');
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(409);
    await reserve('-1 second');
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(201);
  });

  it('refuses unknown and wrong fields by their pointers', async () => {
    const cases: [Record<string, unknown>, number, string][] = [
      [{ favouriteColour: 'red' }, 400, '/favouriteColour'],
      [{ firstName: 5 }, 400, '/firstName'],
      [{ login: 'a b' }, 400, '/login'],
      [{ login: 'webhook:ep_1' }, 400, '/login'],
      [{ email: 'nobody' }, 400, '/email'],
      [{ roles: ['EMPEROR'] }, 400, '/roles/0'],
      [{ firstName: 'a\0b' }, 400, '/firstName'],
      [{ manager: 'usr_nobody' }, 422, '/manager'],
      [{ assignedGroups: ['grp_nothing'] }, 422, '/assignedGroups/0'],
      [{ attributes: { nothing: 1 } }, 422, '/attributes/nothing'],
      [{ invite: true }, 422, '/invite'],
    ];
    for (const [fields, status, pointer] of cases) {
      const answer = await tenant.admin.post('/v1/users', newUserBody(fields));
      expect([answer.status, problemOf(answer).errors?.[0]?.pointer], JSON.stringify(answer.body)).toEqual([
        status,
        pointer,
      ]);
    }
    expect(harness.dispatcher.calls).toEqual([]);
  });

  it('dry-runs: asks with dryRun, keeps nothing, announces nothing', async () => {
    const body = newUserBody({ password: 'Correct-Horse-9' });
    const dry = await tenant.admin.post('/v1/users?dryRun=true', body);
    expect([dry.status, userOf(dry).dryRun, userOf(dry).login]).toEqual([200, true, body['login']]);
    expect(harness.dispatcher.calls.map(call => [call.kind, call.hook, call.dryRun])).toEqual([
      ['ask', 'validateUser', true],
      ['ask', 'preCreateUser', true],
    ]);
    expect(harness.authority.credentials.some(credential => credential.login === body['login'])).toBe(false);
    expect(
      await harness.sql(tenant.id, `select 1 from unique_values where name = 'login' and value = $1`, [body['login']]),
    ).toEqual([]);
    expect((await tenant.admin.post('/v1/users', body)).status).toBe(201);
    expect((await tenant.admin.post('/v1/users?dryRun=true', body)).status).toBe(409);
    expect((await tenant.admin.post('/v1/users?dryRun=perhaps', body)).status).toBe(400);
  });

  it('answers a repeated Idempotency-Key with the first answer', async () => {
    const body = newUserBody();
    const headers = { 'idempotency-key': uniqueName('key') };
    const first = await tenant.admin.post('/v1/users', body, { headers });
    const again = await tenant.admin.post('/v1/users', body, { headers });
    expect([first.status, again.status, again.headers['location']]).toEqual([201, 201, first.headers['location']]);
    expect(again.body).toEqual(first.body);
    const other = await tenant.admin.post('/v1/users', newUserBody(), { headers });
    expect([other.status, problemOf(other).code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('gives rights by roles: HELPDESK creates but sets no roles, AUDITOR reads, USER neither', async () => {
    const [helpdesk, auditor, user] = [
      await tenant.as(['HELPDESK']),
      await tenant.as(['AUDITOR']),
      await tenant.as(['USER']),
    ];
    expect((await helpdesk.post('/v1/users', newUserBody())).status).toBe(201);
    const roles = await helpdesk.post('/v1/users', newUserBody({ roles: ['ORG_ADMIN'] }));
    expect([roles.status, problemOf(roles).errors?.[0]?.pointer]).toEqual([403, '/roles']);
    expect((await auditor.get('/v1/users')).status).toBe(200);
    expect((await auditor.post('/v1/users', newUserBody())).status).toBe(403);
    expect((await user.get('/v1/users')).status).toBe(403);
    expect((await harness.service.api.get('/v1/users')).status).toBe(401);
  });

  it('writes the audit log with names of secrets and never their values', async () => {
    const user = await tenant.createUser({ password: 'Correct-Horse-9', securityQuestion: { pet: 'Rex' } });
    const filter = encodeURIComponent(`target.id eq "${user.id}"`);
    const log = await eventually(async () => {
      const answer = await tenant.admin.get(`/v1/audit?filter=${filter}`);
      const { data } = answer.body as { data: { action: string; changes: Record<string, unknown> }[] };
      if (data.length === 0) throw new Error('nothing yet');
      return data;
    });
    expect(log[0]).toMatchObject({
      action: 'user.created',
      actor: { type: 'user', id: tenant.adminId },
      changes: { login: { after: user.login }, password: {} },
    });
    expect(JSON.stringify(log)).not.toMatch(/Correct-Horse|Rex/);
  });
});
