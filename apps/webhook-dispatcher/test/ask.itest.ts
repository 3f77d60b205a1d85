import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureHeaders } from '../src/signing/standard-webhooks.js';
import { Harness, type TestTenant } from './harness.js';

describe('awaited hooks', () => {
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

  it('is unchanged when nobody answers the hook', async () => {
    expect((await tenant.ask('validateUser', user)).body).toEqual({ outcome: 'unchanged' });
    await tenant.endpoint(receiver, ['validateUser'], { enabled: false });
    expect((await tenant.ask('validateUser', user)).body).toEqual({ outcome: 'unchanged' });
    expect(receiver.requests).toEqual([]);
  });

  it('names those of the later hooks that nobody takes, in whatever mode', async () => {
    const later = ['preCreateUser', 'validateUpdateUser', 'preUpdateUser'];
    expect(await tenant.ask('validateUser', user, { later })).toMatchObject({ untaken: later });
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', mode: 'notify' }]);
    await tenant.endpoint(receiver, [{ hook: 'validateUpdateUser', mode: 'shadow' }]);
    await tenant.endpoint(receiver, ['preUpdateUser'], { enabled: false });
    expect(await tenant.ask('validateUser', user, { later })).toMatchObject({
      body: { outcome: 'unchanged' },
      untaken: ['preUpdateUser'],
    });
    expect(receiver.requests).toEqual([]);
  });

  it('sends the exact bytes, signed, with every header of the contract', async () => {
    const { secret } = await tenant.endpoint(receiver, [{ hook: 'validateUser', timeoutMs: 3_000 }]);
    const { body } = await tenant.ask('validateUser', { ...user, id: undefined }, { dryRun: true, budgetMs: 1_500 });
    expect(body).toMatchObject({ outcome: 'unchanged', deliveryId: expect.stringMatching(/^dlv_/) as string });
    const [call] = receiver.requestsTo('/webhook/validateUser');
    const { headers } = call!;
    expect(call!.rawBody.toString()).toBe(
      '{"request":{"user":{"assignedGroups":[],"provisionedApps":{},"securityQuestion":{},"country":"India","firstName":"Ada","login":"ada","attributes":{"badge":"A1"}}}}',
    );
    expect(headers).toMatchObject({
      authorization: `Bearer ${harness.authority.endpointTokens.at(-1)!.token}`,
      'content-type': 'application/json',
      'webhook-id': (body as { deliveryId: string }).deliveryId,
      'x-countersign-hook': 'validateUser',
      'x-countersign-tenant': tenant.id,
      'x-countersign-attempt': '1',
      'x-countersign-dry-run': 'true',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/) as string,
    });
    const deadline = Number(headers['x-countersign-deadline-ms']);
    expect(deadline).toBeGreaterThan(0);
    expect(deadline).toBeLessThanOrEqual(1_500);
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    expect(headers).toMatchObject(
      signatureHeaders(headers['webhook-id']!, at, call!.rawBody.toString(), [{ value: secret }]),
    );
  });

  it('refuses with the tenant’s message, and logs it', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    receiver.answer(
      '/webhook/validateUser',
      answers.json({ response: { error: true, message: 'MobileAlreadyExist' } }, 409),
    );
    const { body } = await tenant.ask('validateUser', user);
    const { deliveryId } = body as { deliveryId: string };
    expect(body).toEqual({ outcome: 'refused', deliveryId, message: 'MobileAlreadyExist' });
    const logged = await tenant.delivery(deliveryId);
    expect(logged).toMatchObject({
      state: 'succeeded',
      awaited: true,
      verdict: 'refused',
      message: 'MobileAlreadyExist',
      mode: 'decide',
      reason: 'The receiver refused: MobileAlreadyExist.',
    });
    expect(logged.attempts).toHaveLength(1);
    expect(logged.attempts[0]).toMatchObject({
      number: 1,
      response: { status: 409 },
      request: { headers: { authorization: 'Bearer ***' } },
    });
  });

  it('takes changes through the allow-list, records the patch and what it ignored', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    const answered = {
      country: null,
      firstName: 'Grace',
      login: 'root',
      roles: ['ORG_ADMIN'],
      attributes: { badge: 'A1', floor: 3 },
    };
    receiver.answer('/webhook/validateUser', answers.json({ response: { data: { user: answered } } }));
    const { body } = await tenant.ask('validateUser', user);
    const { deliveryId } = body as { deliveryId: string };
    expect(body).toEqual({
      outcome: 'changed',
      deliveryId,
      decides: true,
      changes: { country: null, firstName: 'Grace', attributes: { floor: 3 } },
    });
    expect(await tenant.delivery(deliveryId)).toMatchObject({
      verdict: 'changed',
      patch: [
        { op: 'remove', path: '/country' },
        { op: 'replace', path: '/firstName', value: 'Grace' },
        { op: 'add', path: '/attributes/floor', value: 3 },
      ],
      ignored: [
        { op: 'replace', path: '/login', value: 'root' },
        { op: 'add', path: '/roles', value: ['ORG_ADMIN'] },
      ],
    });
  });

  it('finds nothing changed in an echo of the request', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    receiver.answer('/webhook/validateUser', request => answers.text(request.rawBody, 200));
    expect((await tenant.ask('validateUser', user)).body).toMatchObject({ outcome: 'unchanged' });
  });

  it.each([
    ['hangs', answers.hang(), /no complete answer within/],
    ['drips', answers.drip(), /no complete answer within/],
    ['dies in its answer', answers.die(), /not finished/],
    ['answers 50 MB', answers.flood(), /too long/],
    ['redirects', answers.redirect('http://127.0.0.1:1/'), /answered 302/],
    ['fails', answers.status(500), /answered 500/],
    ['talks', answers.text('OK'), /no JSON object/],
  ])('follows the failure policy within the bound when the receiver %s', async (_name, answer, reason) => {
    await tenant.endpoint(receiver, [{ hook: 'validateUser', timeoutMs: 400 }]);
    receiver.answer('/webhook/validateUser', answer);
    const start = performance.now();
    const { body } = await tenant.ask('validateUser', user);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(body).toMatchObject({
      outcome: 'unanswered',
      policy: 'deny',
      reason: expect.stringMatching(reason) as string,
    });
    expect(receiver.requests).toHaveLength(1);
    expect(await tenant.delivery((body as { deliveryId: string }).deliveryId)).toMatchObject({
      state: 'failed',
      verdict: 'unanswered',
      awaited: true,
    });
  });

  it('records a shadow’s verdict and applies nothing', async () => {
    const shadow = await tenant.endpoint(receiver, [{ hook: 'validateUser', mode: 'shadow' }]);
    receiver.answer('/webhook/validateUser', answers.json({ response: { error: true, message: 'Would refuse' } }));
    expect((await tenant.ask('validateUser', user)).body).toEqual({ outcome: 'unchanged' });
    await eventually(async () => {
      expect(await tenant.deliveries(`endpoint eq "${shadow.id}"`)).toMatchObject([
        { mode: 'shadow', verdict: 'refused', awaited: true },
      ]);
    });
  });

  it('lets enrich neither refuse nor decide', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', mode: 'enrich' }]);
    receiver.answerOnce('/webhook/preCreateUser', answers.json({ response: { error: true } }));
    expect((await tenant.ask('preCreateUser', user)).body).toMatchObject({ outcome: 'unanswered', policy: 'allow' });
    receiver.answerOnce('/webhook/preCreateUser', answers.json({ response: { data: { country: 'Nepal' } } }));
    expect((await tenant.ask('preCreateUser', user)).body).toMatchObject({
      outcome: 'changed',
      decides: false,
      changes: { country: 'Nepal' },
    });
  });

  it('notes the caller’s verdict on an answer that did not pass', async () => {
    await tenant.endpoint(receiver, ['validateUser']);
    receiver.answer('/webhook/validateUser', answers.json({ response: { user: { email: 'nonsense' } } }));
    const { deliveryId } = (await tenant.ask('validateUser', user)).body as { deliveryId: string };
    const noted = await tenant.internal(`/internal/deliveries/${deliveryId}/verdict`, {
      verdict: 'answer_invalid',
      pointer: '/email',
      message: 'no address',
    });
    expect(noted.status).toBe(204);
    expect(await tenant.delivery(deliveryId)).toMatchObject({
      verdict: 'answer_invalid',
      reason: "The receiver's answer did not pass validation: /email: no address.",
    });
    const other = await harness.tenant();
    expect(
      (
        await other.internal(`/internal/deliveries/${deliveryId}/verdict`, {
          verdict: 'answer_invalid',
          pointer: '',
          message: '',
        })
      ).status,
    ).toBe(404);
  });

  it('is for user-lifecycle only', async () => {
    const headers = await harness.keys.headers('gateway', 'webhook-dispatcher', tenant.id);
    const answer = await harness.dispatcher.api.with(headers).post('/internal/hooks/ask', {});
    expect(answer.status).toBe(403);
    expect((await harness.dispatcher.api.post('/internal/hooks/ask', {})).status).toBe(401);
    expect((await tenant.ask('postCreateUser', user)).status).toBe(422);
  });
});
