import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { expectStatus } from '../support/problem.js';
import { json, sequence, status, type Behaviour } from '../support/receiver-behaviour.js';
import type { Delivery, Endpoint, Page } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

async function start(behaviour: Behaviour, fields: Readonly<Record<string, unknown>> = {}) {
  const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
  onTestFinished(() => receiver.stop());
  receiver.on('postCreateUser', behaviour);
  const endpoint = await tenant.createEndpoint(receiver, ['postCreateUser'], fields);
  return { tenant, receiver, endpoint, path: `/v1/webhook-endpoints/${endpoint.id}` };
}

describe('endpoints that are changed while deliveries wait', () => {
  it('sends nothing to a disabled endpoint, and what happens after it is enabled again', async () => {
    const { tenant, receiver, path } = await start(json({}));
    const witness = await WebhookReceiver.start();
    onTestFinished(() => witness.stop());
    await tenant.createEndpoint(witness, ['postCreateUser']);
    expectStatus(await tenant.admin.patch(path, { enabled: false }), 200);
    const before = await tenant.createUser();
    await witness.waitForLogin('postCreateUser', before.login);
    expect(receiver.received('postCreateUser')).toEqual([]);
    expect(expectStatus(await tenant.admin.post<Endpoint>(`${path}/enable`), 200).body.enabled).toBe(true);
    const after = await tenant.createUser();
    await receiver.waitForLogin('postCreateUser', after.login);
  });

  it('sends a waiting retry to the new address', async () => {
    const { tenant, receiver, path } = await start(status(500), { retry: { schedule: [3, 3] } });
    const elsewhere = await WebhookReceiver.start();
    onTestFinished(() => elsewhere.stop());
    const user = await tenant.createUser();
    await receiver.waitForLogin('postCreateUser', user.login);
    expectStatus(await tenant.admin.patch(path, { url: elsewhere.url }), 200);
    const call = await elsewhere.waitForLogin('postCreateUser', user.login, { deadlineMs: 45_000 });
    expect(call.attempt).toBeGreaterThan(1);
  });

  it('discards what still waits when the endpoint is deleted', async () => {
    const { tenant, receiver, path } = await start(status(500), { retry: { schedule: [5, 5] } });
    const user = await tenant.createUser();
    const { webhookId } = await receiver.waitForLogin('postCreateUser', user.login);
    expectStatus(await tenant.admin.delete(path), 204);
    await eventually('the delivery is discarded', async () => {
      const { body } = expectStatus(await tenant.admin.get<Delivery>(`/v1/deliveries/${webhookId}`), 200);
      if (body.state !== 'discarded') throw new Error(`it is ${body.state}`);
      return true;
    });
  });

  it('comes back by itself after its breaker was open: nothing is lost', async () => {
    const failing = Array.from({ length: 5 }, () => status(500));
    const { tenant, receiver } = await start(sequence(...failing, json({})), {
      retry: { schedule: [1, 1, 1, 1, 1, 1, 1] },
    });
    const user = await tenant.createUser();
    const calls = await receiver.waitFor('postCreateUser', { count: 6 }, { deadlineMs: 100_000 });
    expect(calls.every(call => call.user['login'] === user.login)).toBe(true);
    await eventually('the delivery has succeeded', async () => {
      const page = await tenant.admin.get<Page<Delivery>>('/v1/deliveries');
      return expectStatus(page, 200).body.data.every(({ state }) => state === 'succeeded');
    });
  });
});
