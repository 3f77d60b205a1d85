import { describe, expect, it, onTestFinished } from 'vitest';
import { expectStatus } from '../support/problem.js';
import { json } from '../support/receiver-behaviour.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const ADMIN_TOKEN = { roles: ['ORG_ADMIN'], ttlSeconds: 600 };

describe('a receiver that updates the user whose update it was told', () => {
  async function start(fields: Readonly<Record<string, unknown>>, hooks: readonly string[]) {
    const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    onTestFinished(() => receiver.stop());
    await tenant.createEndpoint(receiver, hooks, { token: ADMIN_TOKEN, ...fields });
    return { tenant, receiver };
  }

  it('does not hear of its own change and so does not loop; others do hear of it', async () => {
    const { tenant, receiver } = await start({}, ['preUpdateUser', 'postUpdateUser']);
    const witness = await WebhookReceiver.start();
    onTestFinished(() => witness.stop());
    await tenant.createEndpoint(witness, ['postUpdateUser']);
    let written = 0;
    receiver.on('postUpdateUser', async (call, response) => {
      written += 1;
      const body = { userType: `Written ${String(written)}` };
      expectStatus(await tenant.admin.as(call.token).patch(`/v1/users/${String(call.user['id'])}`, body), 200);
      await json({})(call, response);
    });

    const user = await tenant.createUser();
    for (const country of ['Peru', 'Chad']) {
      expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, { country }), 200);
      await receiver.waitFor('postUpdateUser', { where: call => call.user['country'] === country });
    }
    await witness.waitFor('postUpdateUser', { count: 4 });
    expect(receiver.received('postUpdateUser').map(call => call.user['country'])).toEqual(['Peru', 'Chad']);
    expect(receiver.received('preUpdateUser').length).toBe(2);
    expect(written).toBe(2);
  });

  it('is asked about its own change all the same', async () => {
    const { tenant, receiver } = await start({}, ['validateUpdateUser', 'postCreateUser']);
    const created = await tenant.createUser();
    const { token } = await receiver.waitForLogin('postCreateUser', created.login);
    expectStatus(await tenant.admin.as(token).patch(`/v1/users/${created.id}`, { country: 'Mali' }), 200);
    expect(receiver.received('validateUpdateUser').map(call => call.user['country'])).toEqual(['Mali']);
  });

  it('hears of its own change where the tenant wants the echo', async () => {
    const { tenant, receiver } = await start({ echo: true }, ['postCreateUser', 'postUpdateUser']);
    const user = await tenant.createUser();
    const { token } = await receiver.waitForLogin('postCreateUser', user.login);
    expectStatus(await tenant.admin.as(token).patch(`/v1/users/${user.id}`, { country: 'Mali' }), 200);
    await receiver.waitFor('postUpdateUser', { where: call => call.user['country'] === 'Mali' });
  });
});
