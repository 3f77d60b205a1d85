import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { json, sequence, status } from '../support/receiver-behaviour.js';
import type { Delivery, Page } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('postCreateUser and postUpdateUser: delivered durably', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;
  let endpoint: { id: string; secret: string };

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    endpoint = await tenant.createEndpoint(receiver, ['postCreateUser', 'postUpdateUser'], {
      headers: { 'x-team-key': 'hush-hush-value' },
      retry: { schedule: [1, 1, 1] },
    });
  });

  afterAll(() => receiver.stop());

  /** The delivery once it has reached the state. */
  function delivery(id: string, state: string): Promise<Delivery & { text: string }> {
    return eventually(`delivery ${id} is ${state}`, async () => {
      const { body, text } = expectStatus(await tenant.admin.get<Delivery>(`/v1/deliveries/${id}`), 200);
      if (body.state !== state) throw new Error(`it is ${body.state}: ${body.reason ?? ''}`);
      return { ...body, text };
    });
  }

  it('sends the exact bytes of the contract, signed: keys in order, compact, status and id last', async () => {
    const login = uniqueName('exact-');
    const { id } = await tenant.createUser({ login, email: 'exact@example.com', mobile: '+14155550123' });
    const call = await receiver.waitForLogin('postCreateUser', login);
    const user =
      '{"assignedGroups":[],"provisionedApps":{},"securityQuestion":{},"country":"India","firstName":"Shreyash2",' +
      `"lastName":"Pande2","login":"${login}","userType":"Employee","email":"exact@example.com",` +
      `"mobile":"+14155550123","status":"active","id":"${id}"}`;
    expect(call.text).toBe(`{"request":{"user":${user}}}`);
    expect([call.method, call.headers['content-type']]).toEqual(['POST', 'application/json']);
    call.verify(endpoint.secret);
    expect(call.headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^dlv_/) as string,
      'x-countersign-hook': 'postCreateUser',
      'x-countersign-tenant': tenant.slug,
      'x-countersign-attempt': '1',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/) as string,
    });
  });

  it('sends the user as it is after an update; attributes that are not set are left out', async () => {
    const user = await tenant.createUser({ mobile: '+14155550123' });
    const patch = { mobile: null, userType: null, firstName: 'Zoë "Z" \u2028 \\ 😀!' };
    expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, patch), 200);
    const call = await receiver.waitForLogin('postUpdateUser', user.login);
    expect(call.text).toBe(JSON.stringify(call.json));
    expect(Object.keys(call.user)).toEqual([
      ...['assignedGroups', 'provisionedApps', 'securityQuestion', 'country', 'firstName', 'lastName', 'login'],
      ...['status', 'id'],
    ]);
    expect(call.user['firstName']).toBe(patch.firstName);
    call.verify(endpoint.secret);
  });

  it('carries custom attributes and the manager in their place', async () => {
    expectStatus(
      await tenant.admin.put('/v1/user-attributes', { attributes: [{ name: 'desk', type: 'string' }] }),
      200,
    );
    const boss = await tenant.createUser();
    const group = await tenant.createGroup();
    const fields = { attributes: { desk: 'D4' }, manager: boss.id, assignedGroups: [group.id] };
    const user = await tenant.createUser(fields);
    const call = await receiver.waitForLogin('postCreateUser', user.login);
    expect(call.user).toMatchObject(fields);
    expect(Object.keys(call.user).slice(-5)).toEqual(['userType', 'manager', 'attributes', 'status', 'id']);
  });

  it('retries after a failure under the same id with the same bytes and a fresh signature, and logs each attempt', async () => {
    const login = uniqueName('retried-');
    const failing = sequence(status(500), status(503), json({ fine: true }));
    receiver.on('postCreateUser', (call, response) =>
      (call.user['login'] === login ? failing : json({}))(call, response),
    );
    await tenant.createUser({ login });
    const calls = await receiver.waitFor(
      'postCreateUser',
      { count: 3, where: call => call.user['login'] === login },
      { deadlineMs: 45_000 },
    );
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(new Set(calls.map(({ text }) => text)).size).toBe(1);
    for (const call of calls) call.verify(endpoint.secret);

    const logged = await delivery(calls[0]?.webhookId ?? '', 'succeeded');
    expect(logged.attempts?.length).toBe(3);
    for (const code of ['500', '503', '200']) expect(JSON.stringify(logged.attempts)).toContain(code);
    expect(logged).toMatchObject({ hook: 'postCreateUser', reason: expect.stringMatching(/\S/) as string });
  });

  it("gives up at the end of the endpoint's own schedule, and redelivers by hand under the same id", async () => {
    const login = uniqueName('failing-');
    let broken = true;
    receiver.on('postCreateUser', (call, response) =>
      (broken && call.user['login'] === login ? status(500) : json({}))(call, response),
    );
    await tenant.createUser({ login });
    const where = (call: { user: Record<string, unknown> }) => call.user['login'] === login;
    const calls = await receiver.waitFor('postCreateUser', { count: 4, where }, { deadlineMs: 60_000 });
    const id = calls[0]?.webhookId ?? '';
    await delivery(id, 'failed');
    broken = false;
    const redelivery = await tenant.admin.post(`/v1/deliveries/${id}/redeliver`);
    expect([200, 202], redelivery.text).toContain(redelivery.status);
    const again = await receiver.waitFor('postCreateUser', { count: 5, where });
    expect(again[4]?.webhookId).toBe(id);
    await delivery(id, 'succeeded');
  });

  it("hides tokens and the endpoint's own header values in the log, and shows the signature", async () => {
    const user = await tenant.createUser();
    const call = await receiver.waitForLogin('postCreateUser', user.login);
    expect(call.headers['x-team-key']).toBe('hush-hush-value');
    const { text } = await delivery(call.webhookId, 'succeeded');
    for (const secret of ['hush-hush-value', call.token, endpoint.secret]) expect(text).not.toContain(secret);
    expect(text).toContain(call.headers['webhook-signature']);
    expect(text).toContain(user.login);
  });

  it('finds deliveries by hook, endpoint, state and user', async () => {
    const user = await tenant.createUser();
    const { webhookId } = await receiver.waitForLogin('postCreateUser', user.login);
    await delivery(webhookId, 'succeeded');
    for (const filter of [
      `user eq "${user.id}"`,
      `user eq "${user.id}" and hook eq "postCreateUser"`,
      `endpoint eq "${endpoint.id}" and user eq "${user.id}"`,
      `state eq "succeeded" and user eq "${user.id}"`,
    ]) {
      const page = await tenant.admin.get<Page<Delivery>>(`/v1/deliveries?filter=${encodeURIComponent(filter)}`);
      expect(
        expectStatus(page, 200).body.data.map(({ id }) => id),
        filter,
      ).toEqual([webhookId]);
    }
    const none = `/v1/deliveries?filter=${encodeURIComponent('colour eq "red"')}`;
    expectProblem(await tenant.admin.get(none), { status: 400, code: 'filter_unsupported' });
  });

  it("keeps one user's first attempts in order", async () => {
    const user = await tenant.createUser({ country: 'C0' });
    for (let change = 1; change <= 5; change += 1) {
      expectStatus(await tenant.admin.patch(`/v1/users/${user.id}`, { country: `C${String(change)}` }), 200);
    }
    const where = (call: { user: Record<string, unknown> }) => call.user['id'] === user.id;
    const calls = await receiver.waitFor('postUpdateUser', { count: 5, where });
    expect(calls.map(call => call.user['country'])).toEqual(['C1', 'C2', 'C3', 'C4', 'C5']);
  });

  it('tells any number of endpoints, each with its own secret and id', async () => {
    const other = await WebhookReceiver.start();
    try {
      const second = await tenant.createEndpoint(other, ['postCreateUser']);
      const user = await tenant.createUser();
      const calls = [
        await receiver.waitForLogin('postCreateUser', user.login),
        await other.waitForLogin('postCreateUser', user.login),
      ];
      calls[0]?.verify(endpoint.secret);
      calls[1]?.verify(second.secret);
      expect(calls[0]?.webhookId).not.toBe(calls[1]?.webhookId);
      expectStatus(await tenant.admin.delete(`/v1/webhook-endpoints/${second.id}`), 204);
    } finally {
      await other.stop();
    }
  });
});
