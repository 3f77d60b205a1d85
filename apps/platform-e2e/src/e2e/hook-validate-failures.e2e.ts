import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import {
  dieMidAnswer,
  hang,
  hugeAnswer,
  json,
  sequence,
  status,
  type Behaviour,
} from '../support/receiver-behaviour.js';
import type { Delivery, Page, User } from '../support/resources.js';
import { newEndpoint, newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const TIMEOUT_MS = 1_000;
/** Three times the endpoint's bound, and the same again for a machine that is busy. */
const BOUND_MS = TIMEOUT_MS * 3 + 6_000;
const LARGE = 50 * 1024 * 1024;

/** A tenant and a receiver of the test's own: the failures of one test open no breaker for another. */
async function tenantWith(failurePolicy: string, behaviour: Behaviour) {
  const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
  onTestFinished(() => receiver.stop());
  receiver.on('validateUser', behaviour);
  await tenant.createEndpoint(receiver, [{ hook: 'validateUser', failurePolicy, timeoutMs: TIMEOUT_MS }]);
  return { tenant, receiver };
}

async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const start = performance.now();
  const answer = await work();
  return { answer, ms: performance.now() - start };
}

async function find(tenant: Tenant, login: string): Promise<readonly User[]> {
  const filter = encodeURIComponent(`login eq "${login}"`);
  return expectStatus(await tenant.admin.get<Page<User>>(`/v1/users?filter=${filter}`), 200).body.data;
}

describe('validateUser: a receiver that fails', () => {
  it.each<[string, () => Behaviour]>([
    ['hangs', hang],
    ['dies in the middle of its answer', dieMidAnswer],
    ['answers with 50 MB', () => hugeAnswer(LARGE)],
  ])('gives 503 hook_unavailable within its bound under deny when it %s', async (_name, behaviour) => {
    const { tenant } = await tenantWith('deny', behaviour());
    const login = uniqueName('stuck-');
    const { answer, ms } = await timed(() => tenant.admin.post('/v1/users', newUser({ login })));
    expectProblem(answer, { status: 503, code: 'hook_unavailable', hook: 'validateUser' });
    expect(ms).toBeLessThan(BOUND_MS);
    expect(await find(tenant, login)).toEqual([]);
  });

  it.each<[string, () => Behaviour]>([
    ['hangs', hang],
    ['dies in the middle of its answer', dieMidAnswer],
    ['answers with 50 MB', () => hugeAnswer(LARGE)],
  ])('creates the user within the bound under allow when it %s', async (_name, behaviour) => {
    const { tenant, receiver } = await tenantWith('allow', behaviour());
    const { answer, ms } = await timed(() => tenant.admin.post<User>('/v1/users', newUser()));
    expectStatus(answer, 201);
    expect(ms).toBeLessThan(BOUND_MS);
    expect(receiver.received('validateUser').length).toBe(1);
  });

  it('creates the user under allow_and_recheck and asks again on the retry schedule', async () => {
    const [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    onTestFinished(() => receiver.stop());
    receiver.on('validateUser', sequence(status(500), json({ response: {} })));
    const hook = { hook: 'validateUser', failurePolicy: 'allow_and_recheck' };
    await tenant.createEndpoint(receiver, [hook], { retry: { schedule: [1, 1] } });
    const user = await tenant.createUser();
    const calls = await receiver.waitFor('validateUser', { count: 2 }, { deadlineMs: 30_000 });
    expect(calls.map(call => call.user['login'])).toEqual([user.login, user.login]);
  });

  it('gives 503 when nobody listens, and works as soon as somebody does', async () => {
    const tenant = await Tenant.create();
    const url = `http://127.0.0.1:${String(await freePort())}/webhook`;
    const body = newEndpoint(url, ['validateUser']);
    const endpoint = expectStatus(await tenant.admin.post<{ id: string }>('/v1/webhook-endpoints', body), 201).body;
    const login = uniqueName('later-');
    expectProblem(await tenant.admin.post('/v1/users', newUser({ login })), { status: 503, code: 'hook_unavailable' });
    const receiver = await WebhookReceiver.start();
    onTestFinished(() => receiver.stop());
    expectStatus(await tenant.admin.patch(`/v1/webhook-endpoints/${endpoint.id}`, { url: receiver.url }), 200);
    expectStatus(await tenant.admin.post('/v1/users', newUser({ login })), 201);
  });

  it('can be mended while it is broken: endpoints wait for no hook', async () => {
    const { tenant } = await tenantWith('deny', hang());
    const list = await tenant.admin.get<Page<{ id: string }>>('/v1/webhook-endpoints');
    const path = `/v1/webhook-endpoints/${list.body.data[0]?.id ?? ''}`;
    expectStatus(await tenant.admin.patch(path, { enabled: false }), 200);
    expectStatus(await tenant.admin.post('/v1/users', newUser()), 201);
  });

  it('opens the breaker after five failures in a row and then decides at once', async () => {
    const { tenant, receiver } = await tenantWith('deny', hang());
    for (let failure = 0; failure < 5; failure += 1) {
      expectProblem(await tenant.admin.post('/v1/users', newUser()), { status: 503, code: 'hook_unavailable' });
    }
    expectProblem(await tenant.admin.post('/v1/users', newUser()), { status: 503, code: 'hook_unavailable' });
    const log = await tenant.admin.get('/v1/deliveries');
    expect(receiver.received('validateUser').length, log.text).toBe(5);
  });

  it('writes each awaited call into the delivery log with its verdict', async () => {
    const { tenant } = await tenantWith(
      'deny',
      sequence(json({ response: { data: { country: 'Peru' } } }), json({ response: { error: true, message: 'No' } })),
    );
    expectStatus(await tenant.admin.post('/v1/users', newUser()), 201);
    expectProblem(await tenant.admin.post('/v1/users', newUser()), { status: 422, code: 'hook_refused' });
    const filter = encodeURIComponent('hook eq "validateUser"');
    const { data } = expectStatus(await tenant.admin.get<Page<Delivery>>(`/v1/deliveries?filter=${filter}`), 200).body;
    expect(data.length).toBe(2);
    const shown = await Promise.all(data.map(({ id }) => tenant.admin.get<Delivery>(`/v1/deliveries/${id}`)));
    for (const { body } of shown) {
      expect(body).toMatchObject({
        hook: 'validateUser',
        awaited: true,
        reason: expect.stringMatching(/\S/) as string,
      });
      expect(body.attempts?.length).toBe(1);
    }
    const all = shown.map(({ text }) => text).join();
    expect(all).toContain('/country');
    expect(new Set(shown.map(({ body }) => JSON.stringify(body.verdict))).size).toBe(2);
  });
});
