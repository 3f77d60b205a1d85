import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, type TestTenant } from './harness.js';

describe('awaited hooks without a usable answer', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;
  const user = { country: 'India', firstName: 'Ada', login: 'ada', attributes: { badge: 'A1' } };

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  it('tries a failed connection once more inside the budget, under the same id', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    receiver.answerOnce('/webhook/validateUser', answers.die({ beforeHeaders: true }));
    expect((await tenant.ask('validateUser', user)).body).toMatchObject({ outcome: 'unchanged' });
    const calls = receiver.requestsTo('/webhook/validateUser');
    expect(calls.map(({ headers }) => headers['x-countersign-attempt'])).toEqual(['1', '2']);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is bounded by the chain’s budget too', async () => {
    await tenant.endpoint(receiver, [{ hook: 'validateUser', timeoutMs: 30_000, failurePolicy: 'allow' }]);
    receiver.answer('/webhook/validateUser', answers.hang());
    const start = performance.now();
    expect((await tenant.ask('validateUser', user, { budgetMs: 200 })).body).toMatchObject({
      outcome: 'unanswered',
      policy: 'allow',
    });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('decides at once while the breaker is open; mending the endpoint closes it', async () => {
    const { id } = await tenant.endpoint(receiver, ['validateUser']);
    receiver.answer('/webhook/validateUser', answers.status(503));
    for (let i = 0; i < 5; i++) await tenant.ask('validateUser', user);
    expect((await tenant.ask('validateUser', user)).body).toMatchObject({
      outcome: 'unanswered',
      reason: expect.stringMatching(/breaker/) as string,
    });
    expect(receiver.requests).toHaveLength(5);
    await eventually(async () => {
      const { body } = await tenant.admin.get(`/v1/webhook-endpoints/${id}`);
      expect(body).toMatchObject({ breaker: { state: 'open' } });
    });
    receiver.answer('/webhook/validateUser', answers.json({}));
    expect((await tenant.admin.post(`/v1/webhook-endpoints/${id}/test`, undefined)).body).toMatchObject({ ok: true });
    expect((await tenant.ask('validateUser', user)).body).toMatchObject({ outcome: 'unchanged' });
  });

  it('counts a proper refusal as a healthy receiver', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    receiver.answer('/webhook/validateUser', answers.json({ response: { error: true } }, 422));
    for (let i = 0; i < 7; i++)
      expect((await tenant.ask('validateUser', user)).body).toMatchObject({ outcome: 'refused' });
  });

  it('asks again later, durably and under the same id, where the policy is allow_and_recheck', async () => {
    await tenant.endpoint(receiver, [{ hook: 'validateUser', failurePolicy: 'allow_and_recheck' }], {
      retry: { schedule: [1, 1] },
    });
    receiver.answer('/webhook/validateUser', answers.json({ response: { error: true, message: 'Not after all' } }));
    receiver.answerOnce('/webhook/validateUser', answers.status(500));
    const { body } = await tenant.ask('validateUser', user);
    const { deliveryId } = body as { deliveryId: string };
    expect(body).toMatchObject({ outcome: 'unanswered', policy: 'allow_and_recheck' });
    const rechecked = await tenant.untilState(deliveryId, 'succeeded');
    expect(rechecked).toMatchObject({ verdict: 'refused', message: 'Not after all', awaited: true, attemptCount: 2 });
    expect(rechecked.attempts).toHaveLength(2);
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([deliveryId, deliveryId]);
    expect(receiver.requests[1]!.rawBody.equals(receiver.requests[0]!.rawBody)).toBe(true);
  });

  it('keeps nothing of a dry run to ask again', async () => {
    await tenant.endpoint(receiver, [{ hook: 'validateUser', failurePolicy: 'allow_and_recheck' }], {
      retry: { schedule: [1] },
    });
    receiver.answer('/webhook/validateUser', answers.status(500));
    const { body } = await tenant.ask('validateUser', user, { dryRun: true });
    expect(await tenant.delivery((body as { deliveryId: string }).deliveryId)).toMatchObject({
      state: 'failed',
      dryRun: true,
    });
  });

  it('follows the policy when no token can be had, and sends nothing', async () => {
    const own = await Harness.start();
    try {
      const lonely = await own.tenant();
      await lonely.endpoint(receiver, [{ hook: 'validateUser', failurePolicy: 'allow' }]);
      await own.authority.stop();
      expect((await lonely.ask('validateUser', user)).body).toMatchObject({
        outcome: 'unanswered',
        policy: 'allow',
        reason: expect.stringMatching(/no access token/) as string,
      });
      expect(receiver.requests).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  it('bounds what is in flight of one tenant', async () => {
    await tenant.endpoint(receiver, [{ hook: 'validateUser', timeoutMs: 2_000 }]);
    receiver.answer('/webhook/validateUser', answers.hang());
    const asked = await Promise.all(
      Array.from({ length: 70 }, () => tenant.ask('validateUser', user, { budgetMs: 1_500 })),
    );
    const refused = asked.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.body).toMatchObject({ code: 'overloaded' });
    expect(asked.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5);
  });
});
