import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import { json } from '../support/receiver-behaviour.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('/v1/me', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  it('shows a user itself, its roles and its tenant', async () => {
    const { user, api } = await tenant.signUp(['USER']);
    const me = expectStatus(await api.get<Record<string, unknown>>('/v1/me'), 200);
    expect(me.body).toMatchObject({ id: user.id, login: user.login, firstName: user.firstName, roles: ['USER'] });
    expect(me.body).toHaveProperty('acr');
    expect(me.text).toContain(tenant.slug);
    expectProblem(await tenant.anonymous.get('/v1/me'), { status: 401 });
  });

  it('lets a user change its own profile by the update path, with its hooks', async () => {
    const receiver = await WebhookReceiver.start();
    try {
      receiver.on('validateUpdateUser', json({ response: { data: { country: 'Nepal' } } }));
      await tenant.createEndpoint(receiver, ['validateUpdateUser', 'postUpdateUser']);
      const { user, api } = await tenant.signUp(['USER']);
      const changed = expectStatus(await api.patch('/v1/me', { mobile: '+14155550123' }), 200);
      expect(changed.body).toMatchObject({ mobile: '+14155550123', country: 'Nepal' });
      const call = await receiver.waitForLogin('postUpdateUser', user.login);
      expect(call.user).toMatchObject({ mobile: '+14155550123', country: 'Nepal' });
    } finally {
      await receiver.stop();
    }
  });

  it('lets nobody give itself roles, a status, groups or a manager', async () => {
    const { user, api } = await tenant.signUp(['USER']);
    const group = await tenant.createGroup();
    for (const body of [
      { roles: ['ORG_ADMIN'] },
      { status: 'disabled' },
      { assignedGroups: [group.id] },
      { manager: user.id },
      { login: 'root' },
    ]) {
      const answer = await api.patch('/v1/me', body);
      expect([400, 403, 422], `${JSON.stringify(body)}: ${answer.text}`).toContain(answer.status);
      expectProblem(answer, { status: answer.status });
    }
    expect((await tenant.admin.get(`/v1/users/${user.id}`)).body).toMatchObject({
      roles: ['USER'],
      version: user.version,
    });
  });
});
