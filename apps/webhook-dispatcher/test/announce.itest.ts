import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, type TestTenant } from './harness.js';

describe('announced hooks', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;
  const user = { login: 'ada' };
  const announce = async (hook = 'preCreateUser', actor?: string) => {
    const { status, body } = await tenant.announce(hook, user, 'usr_1', actor);
    expect(status).toBe(200);
    return (body as { deliveries: string[] }).deliveries;
  };

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  it('answers when all have answered, and changes nothing', async () => {
    const other = await WebhookReceiver.start();
    await tenant.endpoint(receiver, ['preCreateUser']);
    await tenant.endpoint(other, ['preCreateUser']);
    receiver.answer('/webhook/preCreateUser', answers.json({ response: { error: true, data: { country: 'X' } } }));
    const deliveries = await announce();
    expect(deliveries).toHaveLength(2);
    expect([receiver, other].map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(receiver.requests[0]!.headers['x-countersign-deadline-ms']).toBeUndefined();
    for (const id of deliveries)
      expect(await tenant.delivery(id)).toMatchObject({ state: 'succeeded', awaited: false, mode: 'announce' });
    await other.stop();
  });

  it('goes on after the endpoint’s time, and tries again durably', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', timeoutMs: 300 }], { retry: { schedule: [1] } });
    receiver.answerOnce('/webhook/preCreateUser', answers.hang());
    const start = performance.now();
    const [id] = await announce();
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(await tenant.untilState(id!, 'succeeded')).toMatchObject({ attemptCount: 2 });
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
  });

  it('waits two seconds at most, whatever the endpoint’s own time', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', timeoutMs: 20_000 }]);
    receiver.answer('/webhook/preCreateUser', answers.hang());
    const start = performance.now();
    const [id] = await announce();
    const ms = performance.now() - start;
    expect(ms).toBeGreaterThanOrEqual(1_900);
    expect(ms).toBeLessThan(8_000);
    expect((await tenant.delivery(id!)).state).toBe('delivering');
  });

  it('waits for nobody while the breaker is open; the delivery is kept', async () => {
    const { id: endpointId } = await tenant.endpoint(receiver, ['preCreateUser', 'validateUser']);
    receiver.answer('*', answers.status(500));
    for (let i = 0; i < 5; i++) await tenant.ask('validateUser', user);
    const [id] = await announce();
    expect(receiver.requestsTo('/webhook/preCreateUser')).toEqual([]);
    await eventually(async () => {
      const waiting = { state: 'pending', reason: expect.stringMatching(/breaker is open/) as string };
      expect(await tenant.delivery(id!)).toMatchObject(waiting);
    });
    receiver.answer('*', answers.json({}));
    await tenant.admin.post(`/v1/webhook-endpoints/${endpointId}/enable`, undefined);
    await tenant.untilState(id!, 'succeeded');
  });

  it('is not sent back to the endpoint that acted, unless it wants that', async () => {
    const quiet = await tenant.endpoint(receiver, ['preUpdateUser']);
    expect(await announce('preUpdateUser', `endpoint:${quiet.id}`)).toEqual([]);
    expect(await announce('preUpdateUser', 'user:usr_9')).toHaveLength(1);
    await tenant.admin.patch(`/v1/webhook-endpoints/${quiet.id}`, { echo: true });
    expect(await announce('preUpdateUser', `endpoint:${quiet.id}`)).toHaveLength(1);
  });

  it('is not announced to those that enrich, shadow or are switched off, nor for other hooks', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', mode: 'enrich' }]);
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', mode: 'shadow' }]);
    await tenant.endpoint(receiver, ['preCreateUser'], { enabled: false });
    expect(await announce()).toEqual([]);
    expect((await tenant.announce('postCreateUser', user)).status).toBe(422);
  });

  it('shows its metrics', async () => {
    await tenant.endpoint(receiver, ['preCreateUser']);
    await announce();
    await eventually(async () => {
      const text = await (await fetch(`${harness.dispatcher.managementUrl}/metrics`)).text();
      expect(text).toMatch(/webhook_attempts_total\{[^}]*hook="preCreateUser"[^}]*outcome="succeeded"[^}]*\} [1-9]/);
      for (const name of [
        'webhook_due_age_seconds',
        'webhook_in_flight',
        'webhook_breakers_open',
        'webhook_awaited_in_flight',
      ])
        expect(text).toContain(name);
    });
  });
});
