import { describe, expect, it, onTestFinished } from 'vitest';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { hang, json, sequence, status, type Behaviour } from '../support/receiver-behaviour.js';
import type { Delivery, Page, User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

async function tenantWith(hook: Readonly<Record<string, unknown>>, behaviour: Behaviour) {
  const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
  onTestFinished(() => receiver.stop());
  receiver.on(String(hook['hook']), behaviour);
  const { secret } = await tenant.createEndpoint(receiver, [hook]);
  return { tenant, receiver, secret };
}

function find(tenant: Tenant, login: string) {
  return tenant.admin.get<Page<User>>(`/v1/users?filter=${encodeURIComponent(`login eq "${login}"`)}`);
}

describe('preCreateUser and preUpdateUser: announced', () => {
  it('is handled by the receiver while the user does not exist yet', async () => {
    const login = uniqueName('announced-');
    const seen: unknown[] = [];
    const { tenant, receiver, secret } = await tenantWith({ hook: 'preCreateUser' }, async (call, response) => {
      seen.push((await find(tenant, login)).body.data);
      await json({ response: { data: { firstName: 'Ignored' } } })(call, response);
    });
    const user = await tenant.createUser({ login });
    expect(seen).toEqual([[]]);
    expect(user.firstName).toBe('Shreyash2');
    expect((await find(tenant, login)).body.data.map(({ id }) => id)).toEqual([user.id]);
    const [call] = receiver.received('preCreateUser');
    call?.verify(secret);
    expect(Object.keys(call?.user ?? {})).toEqual([
      ...[
        'assignedGroups',
        'provisionedApps',
        'securityQuestion',
        'country',
        'firstName',
        'lastName',
        'login',
        'userType',
      ],
    ]);
    expect(call?.headers['x-countersign-deadline-ms']).toBeUndefined();
  });

  it('refuses nothing: an error in the answer changes nothing', async () => {
    const { tenant } = await tenantWith({ hook: 'preCreateUser' }, json({ response: { error: true, message: 'No' } }));
    await tenant.createUser();
  });

  it("goes on when the receiver hangs, after the endpoint's time, and delivers it later all the same", async () => {
    const hook = { hook: 'preCreateUser', timeoutMs: 500 };
    const { tenant, receiver } = await tenantWith(hook, sequence(hang(), json({})));
    const start = performance.now();
    const user = await tenant.createUser();
    expect(performance.now() - start).toBeLessThan(7_500);
    const calls = await receiver.waitFor('preCreateUser', { count: 2 }, { deadlineMs: 45_000 });
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(calls.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(calls[1]?.user['login']).toBe(user.login);
  });

  it('is retried durably when the receiver failed', async () => {
    const { tenant, receiver } = await tenantWith({ hook: 'preCreateUser' }, sequence(status(500), json({})));
    await tenant.createUser();
    const calls = await receiver.waitFor('preCreateUser', { count: 2 }, { deadlineMs: 45_000 });
    expect(calls[1]?.text).toBe(calls[0]?.text);
  });

  it('is not sent for a create that was refused before, nor in a dry run', async () => {
    const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    onTestFinished(() => receiver.stop());
    receiver.on('validateUser', sequence(json({ response: { error: true } }), json({ response: {} })));
    await tenant.createEndpoint(receiver, ['validateUser', 'preCreateUser', 'postCreateUser']);
    expectProblem(await tenant.admin.post('/v1/users', newUser()), { status: 422, code: 'hook_refused' });
    await tenant.admin.post('/v1/users?dryRun=true', newUser());
    const last = await tenant.createUser();
    await receiver.waitForLogin('postCreateUser', last.login);
    for (const hook of ['preCreateUser', 'postCreateUser']) {
      expect(receiver.received(hook).map(({ user }) => user['login'])).toEqual([last.login]);
    }
  });

  it('shows an update before it happened, as it will be', async () => {
    const seen: unknown[] = [];
    const { tenant, receiver } = await tenantWith({ hook: 'preUpdateUser' }, async (call, response) => {
      const { body } = await tenant.admin.get<User>(`/v1/users/${String(call.user['id'])}`);
      seen.push(body.country);
      await json({})(call, response);
    });
    const user = await tenant.createUser();
    expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' }), 200);
    expect(seen).toEqual(['India']);
    const [call] = receiver.received('preUpdateUser');
    expect(call?.user).toMatchObject({ country: 'Peru', id: user.id, status: 'active' });
    expect(Object.keys(call?.user ?? {}).at(-1)).toBe('id');
  });
});

describe('preCreateUser and preUpdateUser: enriching, by choice', () => {
  it('applies a usable answer', async () => {
    const hook = { hook: 'preCreateUser', mode: 'enrich' };
    const { tenant, receiver } = await tenantWith(hook, json({ response: { data: { country: 'Nepal' } } }));
    expect((await tenant.createUser()).country).toBe('Nepal');
    expect(receiver.received('preCreateUser')[0]?.headers['x-countersign-deadline-ms']).toMatch(/^\d+$/);
  });

  it.each<[string, Behaviour]>([
    ['refuses, which it may not', json({ response: { error: true, message: 'No' } })],
    ['answers with an invalid value', json({ response: { data: { email: 'nonsense' } } })],
    ['hangs', hang()],
    ['fails', status(500)],
  ])("goes on with the platform's own data when the receiver %s", async (_name, behaviour) => {
    const hook = { hook: 'preCreateUser', mode: 'enrich', timeoutMs: 500 };
    const { tenant } = await tenantWith(hook, behaviour);
    expect(await tenant.createUser()).toMatchObject({ country: 'India', firstName: 'Shreyash2' });
  });

  it('enriches an update', async () => {
    const hook = { hook: 'preUpdateUser', mode: 'enrich' };
    const { tenant } = await tenantWith(hook, json({ response: { data: { userType: 'Contractor' } } }));
    const user = await tenant.createUser();
    const updated = expectStatus(await tenant.admin.patch<User>(`/v1/users/${user.id}`, { country: 'Peru' }), 200).body;
    expect(updated).toMatchObject({ country: 'Peru', userType: 'Contractor', version: 2 });
  });

  it("records a shadow's verdict and applies nothing", async () => {
    const hook = { hook: 'validateUser', mode: 'shadow' };
    const { tenant, receiver } = await tenantWith(hook, json({ response: { error: true, message: 'Would refuse' } }));
    const user = await tenant.createUser();
    await receiver.waitForLogin('validateUser', user.login);
    const page = await tenant.admin.get<Page<Delivery>>(
      `/v1/deliveries?filter=${encodeURIComponent('hook eq "validateUser"')}`,
    );
    expect(expectStatus(page, 200).body.data.length).toBe(1);
  });
});
