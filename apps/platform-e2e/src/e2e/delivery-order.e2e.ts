import { describe, expect, it, onTestFinished } from 'vitest';
import { expectStatus } from '../support/problem.js';
import { json, sequence, status } from '../support/receiver-behaviour.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe("the order of one user's deliveries", () => {
  async function start(fields: Readonly<Record<string, unknown>>) {
    const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    onTestFinished(() => receiver.stop());
    receiver.on('postCreateUser', sequence(status(500), json({})));
    await tenant.createEndpoint(receiver, ['postCreateUser', 'postUpdateUser'], {
      retry: { schedule: [2, 2, 2] },
      ...fields,
    });
    const user = await tenant.createUser();
    expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' }), 200);
    await receiver.waitFor('postCreateUser', { count: 2 }, { deadlineMs: 45_000 });
    await receiver.waitFor('postUpdateUser', {}, { deadlineMs: 45_000 });
    return receiver.calls.map(({ path, attempt }) => `${path.replace('/webhook/', '')} ${String(attempt)}`);
  }

  it('sends first attempts in order; a failed one holds nothing back', async () => {
    expect(await start({})).toEqual(['postCreateUser 1', 'postUpdateUser 1', 'postCreateUser 2']);
  });

  it('holds the next back until the one before has succeeded, where the endpoint is ordered', async () => {
    expect(await start({ ordered: true })).toEqual(['postCreateUser 1', 'postCreateUser 2', 'postUpdateUser 1']);
  });
});
