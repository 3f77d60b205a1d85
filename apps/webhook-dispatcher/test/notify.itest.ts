import { UnitOfWork } from '@countersign/persistence';
import { encodeCursor } from '@countersign/platform';
import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, someUser, type TestTenant } from './harness.js';

describe('notified hooks', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;
  const CREATED = '/webhook/postCreateUser';
  const UPDATED = '/webhook/postUpdateUser';

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  const waiting = () =>
    harness.dispatcher.app
      .get(UnitOfWork)
      .run(tenant.id, tx => tx.query(`select * from delivery where tenant_id = $1`, [tenant.id]));

  it('delivers the user as it is, signed, once', async () => {
    await tenant.endpoint(receiver, ['postCreateUser'], { headers: { 'X-Key': 'own-value' } });
    const user = someUser({ email: 'ada@example.com' });
    await tenant.users([{ user }]);
    const [call] = await receiver.waitFor(CREATED);
    expect(call!.rawBody.toString()).toBe(
      `{"request":{"user":{"assignedGroups":[],"provisionedApps":{},"securityQuestion":{},"country":"India","firstName":"Shreyash2","lastName":"Pande2","login":"${user.login}","userType":"Employee","email":"ada@example.com","status":"active","id":"${user.id}"}}}`,
    );
    expect(call!.headers).toMatchObject({
      'x-countersign-hook': 'postCreateUser',
      'x-countersign-attempt': '1',
      'x-key': 'own-value',
    });
    expect(call!.headers['traceparent']).toMatch(new RegExp(`^00-${'a'.repeat(32)}-`));
    const delivered = await tenant.untilState(call!.headers['webhook-id']!, 'succeeded');
    expect(delivered).toMatchObject({
      userId: user.id,
      awaited: false,
      verdict: null,
      attemptCount: 1,
      reason: 'Delivered at attempt 1: the receiver answered 200.',
    });
    expect(JSON.stringify(delivered)).not.toContain('own-value');
    expect(JSON.stringify(delivered)).toContain(call!.headers['webhook-signature']);
    expect(receiver.requests).toHaveLength(1);
    expect(await waiting()).toEqual([]);
  });

  it('tells each endpoint that takes the hook, and nobody else', async () => {
    const other = await WebhookReceiver.start();
    await tenant.endpoint(receiver, ['postCreateUser']);
    await tenant.endpoint(other, ['postCreateUser', 'postUpdateUser']);
    const stranger = await harness.tenant();
    await stranger.endpoint(other, ['postCreateUser'], { name: 'stranger' });
    const user = someUser();
    await tenant.users([{ user }, { user: { ...user, version: 2 }, created: false }]);
    await other.waitFor(UPDATED);
    await receiver.waitFor(CREATED);
    expect(receiver.requestsTo(UPDATED)).toEqual([]);
    expect(new Set(other.requests.map(({ headers }) => headers['x-countersign-tenant']))).toEqual(new Set([tenant.id]));
    expect(await stranger.deliveries()).toEqual([]);
    await other.stop();
  });

  it('is not sent back to the endpoint that acted', async () => {
    const { id } = await tenant.endpoint(receiver, ['postUpdateUser']);
    const user = someUser();
    await tenant.users([
      { user: { ...user, country: 'own' }, created: false, actor: { type: 'endpoint', id } },
      { user: { ...user, country: 'other' }, created: false, actor: { type: 'endpoint', id: 'ep_other' } },
    ]);
    const [call] = await receiver.waitFor(UPDATED);
    expect(call!.json).toMatchObject({ request: { user: { country: 'other' } } });
  });

  it('repeats on the schedule, under one id with the same bytes, and logs each attempt', async () => {
    await tenant.endpoint(receiver, ['postCreateUser'], { retry: { schedule: [1, 1, 1] } });
    receiver
      .answerOnce(CREATED, answers.text('overloaded \0', 500))
      .answerOnce(CREATED, answers.die())
      .answerOnce(CREATED, answers.status(302, { location: 'http://127.0.0.1:1/' }));
    await tenant.users([{ user: someUser() }]);
    const calls = await receiver.waitFor(CREATED, 4);
    const id = calls[0]!.headers['webhook-id']!;
    const delivered = await tenant.untilState(id, 'succeeded');
    expect(delivered.attempts.map(({ number, outcome }) => `${number} ${outcome}`)).toEqual([
      '1 answered',
      '2 broken',
      '3 answered',
      '4 answered',
    ]);
    expect(delivered.attempts[0]!.response).toMatchObject({ status: 500, body: 'overloaded \0' });
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(calls.map(({ rawBody }) => rawBody.toString())).size).toBe(1);
    expect(new Set(calls.map(({ headers }) => headers['webhook-signature'])).size).toBeGreaterThan(1);
  });

  it('reads an answer of 50 MB no further than it keeps', async () => {
    await tenant.endpoint(receiver, ['postCreateUser']);
    receiver.answer(CREATED, answers.flood());
    await tenant.users([{ user: someUser() }]);
    const [call] = await receiver.waitFor(CREATED);
    const delivered = await tenant.untilState(call!.headers['webhook-id']!, 'succeeded');
    expect(delivered.attempts[0]!.response).toMatchObject({ truncated: true });
    expect(delivered.attempts[0]!.response!.body.length).toBe(65_536);
  });

  it('gives up at the end of an own schedule, tells the bus, and sends again by hand under the same id', async () => {
    await tenant.endpoint(receiver, ['postCreateUser'], { retry: { schedule: [1] } });
    receiver.answer(CREATED, answers.status(500));
    await tenant.users([{ user: someUser() }]);
    const [call] = await receiver.waitFor(CREATED, 2);
    const id = call!.headers['webhook-id']!;
    expect(await tenant.untilState(id, 'failed')).toMatchObject({
      reason: expect.stringMatching(/^Given up after 2 attempts/) as string,
    });
    receiver.answerOnce(CREATED, answers.status(500)).answer(CREATED, answers.json({}));
    const again = await tenant.admin.post(`/v1/deliveries/${id}/redeliver`, undefined);
    expect([again.status, (again.body as { state: string }).state]).toEqual([202, 'pending']);
    // A schedule of its own: the redelivery's first failure is not its last.
    expect(await tenant.untilState(id, 'succeeded')).toMatchObject({ attemptCount: 4 });
    expect(receiver.requests.at(-1)!.headers['x-countersign-attempt']).toBe('4');
    const auditor = await harness.as(tenant, ['AUDITOR']);
    expect((await auditor.post(`/v1/deliveries/${id}/redeliver`, undefined)).status).toBe(403);
  });

  it('keeps one user’s first attempts in order, one after the other', async () => {
    await tenant.endpoint(receiver, ['postCreateUser', 'postUpdateUser'], { retry: { schedule: [2] } });
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await new Promise(resolve => setTimeout(resolve, 30));
      running--;
      return answers.json({});
    };
    receiver.answer(UPDATED, slow).answerOnce(CREATED, answers.status(500)).answer(CREATED, slow);
    const user = someUser();
    await tenant.users([
      { user },
      ...Array.from({ length: 8 }, (_, i) => ({ user: { ...user, country: `C${i}`, version: i + 2 }, created: false })),
    ]);
    await receiver.waitFor(UPDATED, 8);
    const seen = receiver.requests.map(
      ({ path, headers }) => `${path.split('/').pop()} ${headers['x-countersign-attempt']}`,
    );
    expect(seen[0]).toBe('postCreateUser 1');
    const countries = receiver
      .requestsTo(UPDATED)
      .map(({ json }) => (json as { request: { user: { country: string } } }).request.user.country);
    expect(countries).toEqual(Array.from({ length: 8 }, (_, i) => `C${i}`));
    expect(most).toBe(1);
    await receiver.waitFor(CREATED, 2);
  });

  it('holds the next back until the one before is over where the endpoint is ordered', async () => {
    await tenant.endpoint(receiver, ['postCreateUser', 'postUpdateUser'], {
      ordered: true,
      retry: { schedule: [1, 1] },
    });
    receiver
      .answerOnce(CREATED, answers.status(500))
      .answerOnce(CREATED, answers.status(500))
      .answerOnce(CREATED, answers.status(500));
    const [user, other] = [someUser(), someUser()];
    await tenant.users([
      { user },
      { user: { ...user, version: 2 }, created: false },
      { user: { ...other, version: 2 }, created: false },
    ]);
    await receiver.waitFor(UPDATED, 2);
    const own = receiver.requests.filter(({ rawBody }) => rawBody.includes(user.id)).map(({ path }) => path);
    // Given up after its third attempt: then the next goes.
    expect(own).toEqual([CREATED, CREATED, CREATED, UPDATED]);
    const stranger = receiver.requests.findIndex(({ rawBody }) => rawBody.includes(other.id));
    expect(stranger).toBeLessThan(3);
  });

  it('lets later deliveries wait for an announced one', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preUpdateUser', timeoutMs: 3_000 }, 'postUpdateUser']);
    let release = (): void => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    receiver.answer('/webhook/preUpdateUser', async () => {
      await held;
      return answers.json({});
    });
    const user = someUser();
    const announcing = tenant.announce('preUpdateUser', { login: user.login }, user.id);
    await receiver.waitFor('/webhook/preUpdateUser');
    await tenant.users([{ user, created: false }]);
    await eventually(async () => expect(await waiting()).toHaveLength(2));
    expect(receiver.requestsTo(UPDATED)).toEqual([]);
    release();
    await receiver.waitFor(UPDATED);
    await announcing;
  });

  it('parks all that waits for a dead receiver, and sends it when it was mended', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser'], { retry: { schedule: [1, 1, 1, 1, 1, 1] } });
    receiver.answer(CREATED, answers.status(503));
    await tenant.users(Array.from({ length: 20 }, () => ({ user: someUser() })));
    await eventually(async () => {
      expect((await tenant.admin.get(`/v1/webhook-endpoints/${id}`)).body).toMatchObject({
        breaker: { state: 'open' },
      });
      const rows = await waiting();
      expect(rows.filter(row => row['claim_id'] === null)).toHaveLength(20);
    });
    const before = receiver.requests.length;
    expect(before).toBeLessThanOrEqual(20);
    await tenant.users([{ user: someUser() }]);
    await eventually(async () => expect(await waiting()).toHaveLength(21));
    const [some] = await tenant.deliveries(`endpoint eq "${id}"`);
    expect((await tenant.delivery(some!.id)).reason).toMatch(/breaker is open/);
    expect(receiver.requests.length).toBe(before);
    receiver.answer(CREATED, answers.json({}));
    await tenant.admin.post(`/v1/webhook-endpoints/${id}/enable`, undefined);
    await eventually(async () => expect(await waiting()).toEqual([]));
    expect(await tenant.deliveries('state eq "succeeded"')).toHaveLength(21);
  });

  it('lets a single attempt through a breaker whose time is over', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser'], { retry: { schedule: [1, 1, 1, 1, 1, 1] } });
    receiver.answer(CREATED, answers.status(503));
    await tenant.users(Array.from({ length: 10 }, () => ({ user: someUser() })));
    await eventually(async () => {
      expect((await waiting()).filter(row => row['claim_id'] === null)).toHaveLength(10);
      expect((await tenant.admin.get(`/v1/webhook-endpoints/${id}`)).body).toMatchObject({
        breaker: { state: 'open' },
      });
    });
    const before = receiver.requests.length;
    // As if its 30 seconds were over.
    const elapse = () =>
      harness.dispatcher.app
        .get(UnitOfWork)
        .run(tenant.id, tx =>
          tx.query(`update endpoint_state set open_until = now() - interval '1 second' where tenant_id = $1`, [
            tenant.id,
          ]),
        );
    await elapse();
    await receiver.waitFor(CREATED, before + 1);
    await eventually(async () => {
      const { breaker } = (await tenant.admin.get(`/v1/webhook-endpoints/${id}`)).body as {
        breaker: { state: string; openUntil: string };
      };
      expect(breaker.state).toBe('open');
      expect(Date.parse(breaker.openUntil)).toBeGreaterThan(Date.now() + 31_000);
    });
    expect(receiver.requests.length).toBe(before + 1);
    receiver.answer(CREATED, answers.json({}));
    await elapse();
    await eventually(async () => expect(await waiting()).toEqual([]));
  });

  it('switches the endpoint off when the receiver is gone, with event and audit, and on again by hand', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser', 'validateUser']);
    receiver.answer(CREATED, answers.status(410));
    await tenant.users([{ user: someUser() }]);
    const [call] = await receiver.waitFor(CREATED);
    expect(await tenant.untilState(call!.headers['webhook-id']!, 'failed')).toMatchObject({
      reason: expect.stringMatching(/410/) as string,
    });
    expect((await tenant.admin.get(`/v1/webhook-endpoints/${id}`)).body).toMatchObject({
      enabled: false,
      disabledReason: 'receiver_gone',
    });
    // Off must not mean unguarded: its awaited hook follows the failure policy.
    expect((await tenant.ask('validateUser', { login: 'x' })).body).toMatchObject({
      outcome: 'unanswered',
      policy: 'deny',
    });
    await tenant.users([{ user: someUser() }]);
    receiver.answer(CREATED, answers.json({}));
    expect((await tenant.admin.post(`/v1/webhook-endpoints/${id}/enable`, undefined)).body).toMatchObject({
      enabled: true,
      disabledReason: null,
    });
    await tenant.users([{ user: someUser() }]);
    await receiver.waitFor(CREATED, 2);
  });

  it('does not switch off what was mended while the old receiver still said that it is gone', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser']);
    const next = await WebhookReceiver.start();
    receiver.answer(CREATED, async () => {
      await tenant.admin.patch(`/v1/webhook-endpoints/${id}`, { url: `${next.url}/webhook`, retry: { schedule: [1] } });
      return answers.status(410);
    });
    await tenant.users([{ user: someUser() }]);
    const [call] = await receiver.waitFor(CREATED);
    const again = (await tenant.untilState(call!.headers['webhook-id']!, 'retrying')).id;
    expect((await tenant.admin.get(`/v1/webhook-endpoints/${id}`)).body).toMatchObject({ enabled: true });
    await tenant.admin.post(`/v1/deliveries/${again}/redeliver`, undefined);
    await next.waitFor(CREATED);
    await next.stop();
  });

  it('refuses a cursor whose time no calendar has', async () => {
    const cursor = encodeCursor([9e15, 'dlv_1']);
    expect(await tenant.admin.get(`/v1/deliveries?cursor=${cursor}`)).toMatchObject({ status: 400 });
  });

  it('discards what waits for an endpoint that is deleted', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser']);
    receiver.answer(CREATED, answers.status(500));
    await tenant.users([{ user: someUser() }]);
    const [call] = await receiver.waitFor(CREATED);
    await tenant.untilState(call!.headers['webhook-id']!, 'retrying');
    await tenant.admin.delete(`/v1/webhook-endpoints/${id}`);
    expect(await tenant.delivery(call!.headers['webhook-id']!)).toMatchObject({
      state: 'discarded',
      reason: 'Discarded: the endpoint was deleted.',
    });
    expect(
      (await tenant.admin.post(`/v1/deliveries/${call!.headers['webhook-id']!}/redeliver`, undefined)).status,
    ).toBe(409);
  });

  it('respects an endpoint’s own bounds of rate and concurrency', async () => {
    await tenant.endpoint(receiver, ['postCreateUser'], { maxConcurrency: 1 });
    let running = 0;
    let most = 0;
    receiver.answer(CREATED, async () => {
      most = Math.max(most, ++running);
      await new Promise(resolve => setTimeout(resolve, 20));
      running--;
      return answers.json({});
    });
    await tenant.users(Array.from({ length: 10 }, () => ({ user: someUser() })));
    await receiver.waitFor(CREATED, 10);
    expect(most).toBe(1);
    const slow = await WebhookReceiver.start();
    await tenant.endpoint(slow, ['postUpdateUser'], { rateLimit: 2 });
    const start = performance.now();
    await tenant.users(Array.from({ length: 6 }, () => ({ user: someUser(), created: false })));
    await slow.waitFor(UPDATED, 6);
    expect(performance.now() - start).toBeGreaterThan(1_400);
    await slow.stop();
  });

  it('filters and pages the log', async () => {
    const endpoint = await tenant.endpoint(receiver, ['postCreateUser']);
    const users = Array.from({ length: 5 }, () => someUser());
    await tenant.users(users.map(user => ({ user })));
    await eventually(async () => expect(await tenant.deliveries('state eq "succeeded"')).toHaveLength(5));
    expect(
      await tenant.deliveries(
        `user eq "${users[2]!.id}" and hook eq "postCreateUser" and endpoint eq "${endpoint.id}"`,
      ),
    ).toHaveLength(1);
    expect(await tenant.deliveries('state eq "pending"')).toEqual([]);
    expect(await tenant.deliveries('time lt "2020-01-01T00:00:00Z"')).toEqual([]);
    const refused = await tenant.admin.get(`/v1/deliveries?filter=${encodeURIComponent('colour eq "red"')}`);
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([400, 'filter_unsupported']);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await tenant.admin.get(`/v1/deliveries?limit=2${cursor}`);
      const { data, page } = body as { data: { id: string }[]; page: { next: string | null } };
      seen.push(...data.map(({ id }) => id));
      if (!page.next) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual([...seen].sort().reverse());
    const other = await harness.tenant();
    expect((await other.admin.get(`/v1/deliveries/${seen[0]}`)).status).toBe(404);
    expect((await other.admin.post(`/v1/deliveries/${seen[0]}/redeliver`, undefined)).status).toBe(404);
  });
});
