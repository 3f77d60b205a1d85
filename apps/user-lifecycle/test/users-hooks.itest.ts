import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, newUserBody, problemOf, uniqueName, userOf, type TestTenant } from './harness.js';

describe("the tenant's hooks on the user's path", () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
    tenant = await harness.createTenant();
    const attributes = [{ name: 'badge', type: 'string', unique: true }];
    expect((await tenant.admin.put('/v1/user-attributes', { attributes })).status).toBe(200);
  });
  beforeEach(() => harness.dispatcher.reset());
  afterAll(() => harness?.stop());

  it("refuses with the tenant's message and the hook's name", async () => {
    harness.dispatcher.answer('validateUser', {
      outcome: 'refused',
      deliveryId: 'dlv_1',
      message: 'MobileAlreadyExist',
    });
    const refused = await tenant.admin.post('/v1/users', newUserBody());
    expect([refused.status, problemOf(refused).code, problemOf(refused).detail, problemOf(refused)['hook']]).toEqual([
      422, 'hook_refused', 'MobileAlreadyExist', 'validateUser',
    ]); // prettier-ignore
    expect(harness.dispatcher.calls.map(call => call.hook)).toEqual(['validateUser']);
  });

  it('applies what the tenant changes, and asks the next hook with it', async () => {
    const changes = { email: 'set@example.com', country: null, attributes: { badge: 'B-1' } };
    harness.dispatcher.answer('validateUser', { outcome: 'changed', deliveryId: 'dlv_1', decides: true, changes });
    const user = await tenant.createUser();
    expect(user).toMatchObject({ email: 'set@example.com', country: null, attributes: { badge: 'B-1' } });
    const announced = harness.dispatcher.calls.find(call => call.kind === 'announce');
    expect(announced!.user).toMatchObject({ email: 'set@example.com', attributes: { badge: 'B-1' } });
    expect('country' in announced!.user).toBe(false);
    const second = await tenant.admin.post('/v1/users', newUserBody());
    expect([second.status, problemOf(second).code, problemOf(second).errors?.[0]?.pointer]).toEqual([
      422, 'hook_answer_invalid', '/attributes/badge',
    ]); // prettier-ignore
  });

  it('validates a decided answer again: 422 with hook and pointer, and the verdict is reported', async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ email: 'nobody' }, '/email'],
      [{ firstName: null }, '/firstName'],
      [{ login: 'other' }, '/login'],
      [{ roles: ['ORG_ADMIN'] }, '/roles'],
      [{ manager: 'usr_nobody' }, '/manager'],
      [{ lastName: 'a\0b' }, '/lastName'],
    ];
    for (const [changes, pointer] of wrong) {
      harness.dispatcher.answer('validateUser', { outcome: 'changed', deliveryId: 'dlv_7', decides: true, changes });
      const body = newUserBody();
      const answer = await tenant.admin.post('/v1/users', body);
      expect([answer.status, problemOf(answer).code, problemOf(answer)['hook'], problemOf(answer).errors?.[0]?.pointer]).toEqual([
        422, 'hook_answer_invalid', 'validateUser', pointer,
      ]); // prettier-ignore
      expect(harness.dispatcher.verdicts.at(-1)).toMatchObject({
        deliveryId: 'dlv_7',
        verdict: 'answer_invalid',
        pointer,
      });
      harness.dispatcher.reset();
      expect((await tenant.admin.post('/v1/users', body)).status).toBe(201);
    }
  });

  it('ignores an enriching answer that fails validation, and reports it', async () => {
    const changes = { email: 'nobody' };
    harness.dispatcher.answer('preCreateUser', { outcome: 'changed', deliveryId: 'dlv_8', decides: false, changes });
    const user = await tenant.createUser({ email: 'mine@example.com' });
    expect(user.email).toBe('mine@example.com');
    expect(harness.dispatcher.verdicts).toMatchObject([{ deliveryId: 'dlv_8', pointer: '/email' }]);
    harness.dispatcher.answer('preCreateUser', {
      outcome: 'changed',
      deliveryId: 'dlv_9',
      decides: false,
      changes: { userType: 'Guest' },
    });
    expect((await tenant.createUser()).userType).toBe('Guest');
  });

  it('follows the failure policy when there is no usable answer', async () => {
    const unanswered = (policy: 'deny' | 'allow' | 'allow_and_recheck') =>
      harness.dispatcher.answer('validateUser', {
        outcome: 'unanswered',
        deliveryId: 'dlv_2',
        policy,
        reason: 'timed out',
      });
    unanswered('deny');
    const denied = await tenant.admin.post('/v1/users', newUserBody());
    expect([denied.status, problemOf(denied).code, problemOf(denied)['hook']]).toEqual([
      503,
      'hook_unavailable',
      'validateUser',
    ]);
    expect(Number(denied.headers['retry-after'])).toBeGreaterThan(0);
    for (const policy of ['allow', 'allow_and_recheck'] as const) {
      unanswered(policy);
      expect((await tenant.admin.post('/v1/users', newUserBody())).status).toBe(201);
    }
  });

  it('shares one budget of 5000 ms among the hooks of a chain', async () => {
    harness.dispatcher.answer('validateUser', async () => {
      await new Promise(resolve => setTimeout(resolve, 300));
      return { outcome: 'unchanged' };
    });
    await tenant.createUser();
    const [first, second] = harness.dispatcher.calls;
    expect(first!.budgetMs).toBeLessThanOrEqual(5000);
    expect(first!.budgetMs).toBeGreaterThan(4000);
    expect(second!.budgetMs).toBeLessThanOrEqual(first!.budgetMs! - 290);
  });

  it('asks about an update, and tells what will be', async () => {
    const user = await tenant.createUser();
    harness.dispatcher.reset();
    harness.dispatcher.answer('validateUpdateUser', {
      outcome: 'changed',
      deliveryId: 'dlv_3',
      decides: true,
      changes: { mobile: '+14155550100' },
    });
    const updated = await tenant.admin.patch(`/v1/users/${user.id}`, { firstName: 'Maya' });
    expect(userOf(updated)).toMatchObject({ firstName: 'Maya', mobile: '+14155550100', version: 2 });
    expect(harness.dispatcher.callsOf(user.id)).toEqual([
      'ask validateUpdateUser',
      'ask preUpdateUser',
      'announce preUpdateUser',
    ]);
    expect(harness.dispatcher.calls.map(call => [call.user.firstName, call.user.mobile, call.user.id])).toEqual([
      ['Maya', undefined, user.id],
      ['Maya', '+14155550100', user.id],
      ['Maya', '+14155550100', user.id],
    ]);
    const [, event] = await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated']);
    expect(event!.data).toMatchObject({ changed: ['/firstName', '/mobile'], cause: 'update', aggregateVersion: 2 });
  });

  const keptQuestions = (userId: string) =>
    harness.sql(tenant.id, `select 1 from security_questions where user_id = $1`, [userId]);

  it('keeps new security questions and no reservation where the tenant takes all else back', async () => {
    const user = await tenant.createUser();
    harness.dispatcher.answer('validateUpdateUser', {
      outcome: 'changed',
      deliveryId: 'dlv_9',
      decides: true,
      changes: { attributes: { badge: null } },
    });
    const patch = { attributes: { badge: 'R-1' }, securityQuestion: { 'First pet?': 'Rex' } };
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, patch);
    expect([answer.status, userOf(answer).version]).toEqual([200, 1]);
    expect(await keptQuestions(user.id)).toHaveLength(1);
    const reserved = await harness.sql(
      tenant.id,
      `select 1 from unique_values where user_id = $1 and name <> 'login'`,
      [user.id],
    );
    expect(reserved).toEqual([]);
  });

  it('keeps new security questions of a change that another has made meanwhile', async () => {
    const user = await tenant.createUser({ roles: ['USER', 'AUDITOR'] });
    let first = true;
    harness.dispatcher.whileAnnounced('preUpdateUser', async () => {
      if (!first) return;
      first = false;
      await tenant.admin.patch(`/v1/users/${user.id}`, { roles: ['USER'] });
    });
    const patch = { roles: ['USER'], securityQuestion: { 'First pet?': 'Rex' } };
    const answer = await tenant.admin.patch(`/v1/users/${user.id}`, patch);
    expect([answer.status, userOf(answer).roles, userOf(answer).version]).toEqual([200, ['USER'], 2]);
    expect(await keptQuestions(user.id)).toHaveLength(1);
  });

  it('never asks about a disablement, a deletion or roles taken away, but announces each', async () => {
    harness.dispatcher.answer('validateUpdateUser', { outcome: 'refused', deliveryId: 'dlv_4', message: 'never' });
    harness.dispatcher.answer('preUpdateUser', {
      outcome: 'unanswered',
      deliveryId: 'dlv_5',
      policy: 'deny',
      reason: 'dead',
    });
    const user = await tenant.createUser({ roles: ['USER', 'HELPDESK'] });
    const path = `/v1/users/${user.id}`;
    harness.dispatcher.calls.length = 0;
    expect(userOf(await tenant.admin.patch(path, { roles: ['USER'] })).roles).toEqual(['USER']);
    expect((await tenant.admin.patch(path, { roles: ['USER', 'AUDITOR'] })).status).toBe(422);
    expect(userOf(await tenant.admin.post(`${path}/disable`)).status).toBe('disabled');
    expect((await tenant.admin.post(`${path}/enable`)).status).toBe(422);
    expect((await tenant.admin.delete(path)).status).toBe(204);
    expect(harness.dispatcher.callsOf(user.id)).toEqual([
      'announce preUpdateUser',
      'ask validateUpdateUser',
      'announce preUpdateUser',
      'ask validateUpdateUser',
      'announce preUpdateUser',
    ]);
    const announced = harness.dispatcher.calls.filter(call => call.kind === 'announce').map(call => call.user.status);
    expect(announced).toEqual(['active', 'disabled', 'deleted']);
    await harness.eventTypes(tenant.id, user.id, ['user.created', 'user.updated', 'user.disabled', 'user.deleted']);
  });

  it('shuts accounts even while the dispatcher is away, and lets nothing else through', async () => {
    const user = await tenant.createUser({ roles: ['USER', 'AUDITOR'] });
    const path = `/v1/users/${user.id}`;
    harness.dispatcher.breakDown();
    const refused = [
      await tenant.admin.post('/v1/users', newUserBody()),
      await tenant.admin.patch(path, { country: 'Peru' }),
    ];
    expect(refused.map(answer => [answer.status, problemOf(answer).code])).toEqual([
      [503, 'hook_unavailable'],
      [503, 'hook_unavailable'],
    ]);
    expect((await tenant.admin.patch(path, { roles: ['USER'] })).status).toBe(200);
    expect((await tenant.admin.post(`${path}/disable`)).status).toBe(200);
    expect((await tenant.admin.delete(path)).status).toBe(204);
  });

  it('asks nobody where nothing really changes', async () => {
    const user = await tenant.createUser({ email: 'same@example.com' });
    harness.dispatcher.reset();
    const same = await tenant.admin.patch(`/v1/users/${user.id}`, {
      email: 'same@example.com',
      mobile: null,
      assignedGroups: [],
      login: user.login,
    });
    expect([same.status, userOf(same).version, same.headers['etag']]).toEqual([200, 1, '"1"']);
    const questions = await tenant.admin.patch(`/v1/users/${user.id}`, { securityQuestion: { city: 'Pune' } });
    expect([questions.status, userOf(questions).version]).toEqual([200, 1]);
    expect((await tenant.admin.post(`/v1/users/${user.id}/enable`)).status).toBe(200);
    expect(harness.dispatcher.calls).toEqual([]);
    await harness.eventTypes(tenant.id, user.id, ['user.created']);
  });

  it('says on whose behalf it asks, so that an endpoint is not told of its own changes', async () => {
    const token = await harness.authority.token({
      tenantId: tenant.id,
      roles: ['ORG_ADMIN'],
      sub: 'webhook:ep_42',
      userId: 'usr_principal',
    });
    const created = await harness.service.api.as(token).post('/v1/users', newUserBody({ login: uniqueName('made') }));
    expect(created.status).toBe(201);
    expect(new Set(harness.dispatcher.calls.map(call => call.actor))).toEqual(new Set(['endpoint:ep_42']));
    const [event] = await harness.eventTypes(tenant.id, userOf(created).id, ['user.created']);
    expect(JSON.parse(event!.headers['ce_actor']!)).toEqual({ type: 'endpoint', id: 'ep_42' });
  });
});

describe('the bound in flight', () => {
  it("refuses with 503 overloaded when the tenant's hooks hold up too many, but still shuts accounts", async () => {
    const harness = await Harness.start({ HOOKS_IN_FLIGHT_PER_TENANT: '1' });
    try {
      const tenant = await harness.createTenant();
      const user = await tenant.createUser();
      let release: (() => void) | undefined;
      const held = new Promise<void>(resolve => (release = resolve));
      harness.dispatcher.answer('validateUser', async () => {
        await held;
        return { outcome: 'unchanged' };
      });
      const first = tenant.admin.post('/v1/users', newUserBody());
      const second = tenant.admin.post('/v1/users', newUserBody());
      expect((await tenant.admin.post(`/v1/users/${user.id}/disable`)).status).toBe(200);
      const early = await Promise.race([first, second]);
      expect([early.status, ['overloaded', 'hook_unavailable'].includes(problemOf(early).code)]).toEqual([503, true]);
      release!();
      await Promise.all([first, second]);
    } finally {
      await harness.stop();
    }
  });
});
