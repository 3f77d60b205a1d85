import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiAnswer } from '../support/api.js';
import { uniqueName } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { echo, json, status, text, type Behaviour } from '../support/receiver-behaviour.js';
import type { Page, User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('validateUser: what the tenant answers', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;
  let secret: string;

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    ({ secret } = await tenant.createEndpoint(receiver, ['validateUser']));
  });

  beforeEach(() => void receiver.on('validateUser', json({ response: {} })));

  afterAll(() => receiver.stop());

  function create(behaviour: Behaviour, fields: Readonly<Record<string, unknown>> = {}): Promise<ApiAnswer<User>> {
    receiver.on('validateUser', behaviour);
    return tenant.admin.post<User>('/v1/users', newUser(fields));
  }

  async function exists(login: unknown): Promise<boolean> {
    const filter = encodeURIComponent(`login eq "${String(login)}"`);
    const page = expectStatus(await tenant.admin.get<Page<User>>(`/v1/users?filter=${filter}`), 200).body;
    return page.data.length > 0;
  }

  it('is asked with the exact body of the contract, signed, before anything exists', async () => {
    const login = uniqueName('exact-');
    let existed: boolean | undefined;
    await create(
      async (call, response) => {
        existed = await exists(login);
        await json({ response: {} })(call, response);
      },
      { login },
    );
    const call = await receiver.waitForLogin('validateUser', login);
    expect(call.text).toBe(
      '{"request":{"user":{"assignedGroups":[],"provisionedApps":{},"securityQuestion":{},"country":"India",' +
        `"firstName":"Shreyash2","lastName":"Pande2","login":"${login}","userType":"Employee"}}}`,
    );
    call.verify(secret);
    expect(call.headers).toMatchObject({
      'content-type': 'application/json',
      'x-countersign-hook': 'validateUser',
      'x-countersign-tenant': tenant.slug,
      'x-countersign-attempt': '1',
      'x-countersign-deadline-ms': expect.stringMatching(/^\d+$/) as string,
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/) as string,
    });
    expect(call.headers['x-countersign-dry-run']).toBeUndefined();
    expect(call.webhookId).toMatch(/^dlv_/);
    expect(existed).toBe(false);
  });

  it.each([
    ['200', 200],
    ['201', 201],
    ['400', 400],
    ['409', 409],
    ['422', 422],
  ])("refuses with the tenant's message when error is true, status %s", async (_name, code) => {
    const login = uniqueName('veto-');
    const answer = await create(json({ response: { error: true, message: 'MobileAlreadyExist' } }, code), { login });
    const problem = expectProblem(answer, { status: 422, code: 'hook_refused', hook: 'validateUser' });
    expect(problem.detail).toBe('MobileAlreadyExist');
    expect(await exists(login)).toBe(false);
  });

  it('has words of its own for a refusal without a message', async () => {
    const answer = await create(json({ response: { error: true } }));
    expect(expectProblem(answer, { status: 422, code: 'hook_refused' }).detail).toBe('Refused by the tenant');
  });

  it('frees the login after a refusal', async () => {
    const login = uniqueName('again-');
    expectProblem(await create(json({ response: { error: true } }), { login }), { status: 422 });
    expectStatus(await create(json({ response: {} }), { login }), 201);
  });

  it.each<[string, Behaviour]>([
    ['204', status(204)],
    ['an empty body', status(200)],
    ['{}', json({})],
    ['{"response":{}}', json({ response: {} })],
    ['error false', json({ response: { error: false } })],
    ['error false with a message', json({ response: { error: false, message: 'fine' } })],
    ['the body echoed as it was sent', echo()],
  ])('leaves the user unchanged for %s', async (_name, behaviour) => {
    const fields = newUser({ email: 'same@example.com', mobile: '+14155550123' });
    const user = expectStatus(await create(behaviour, fields), 201).body;
    expect(user).toMatchObject(fields);
  });

  const changed = { firstName: 'Changed', country: 'Nepal' };
  it.each<[string, unknown]>([
    ['request.user', { request: { user: changed } }],
    ['response.data.user', { response: { data: { user: changed } } }],
    ['response.data', { response: { data: changed } }],
    ['response.user', { response: { user: changed } }],
    ['response.data beside error false', { response: { error: false, data: changed } }],
    ['request.user before response.data', { request: { user: changed }, response: { data: { firstName: 'No' } } }],
    ['response.data.user before response.user', { response: { data: { user: changed }, user: { firstName: 'No' } } }],
    ['response.data before response.user', { response: { data: changed, user: { firstName: 'No' } } }],
  ])('takes the user out of %s', async (_name, body) => {
    const user = expectStatus(await create(json(body)), 201).body;
    expect(user).toMatchObject({ ...changed, lastName: 'Pande2', userType: 'Employee' });
    expect((await tenant.admin.get<User>(`/v1/users/${user.id}`)).body).toEqual(user);
  });

  it('takes the echoed body with one attribute changed', async () => {
    const user = expectStatus(
      await create((call, response) => {
        const body = call.json as { request: { user: object } };
        return json({ request: { user: { ...body.request.user, lastName: 'Shah' } } })(call, response);
      }),
      201,
    ).body;
    expect(user.lastName).toBe('Shah');
  });

  it('clears an attribute for null, adds one that was not set, and keeps the absent ones', async () => {
    const data = { country: null, email: 'added@example.com' };
    const user = expectStatus(await create(json({ response: { data } }), { mobile: '+14155550123' }), 201).body;
    expect(user.country ?? null).toBe(null);
    expect(user).toMatchObject({ email: 'added@example.com', mobile: '+14155550123', userType: 'Employee' });
  });

  it('does not let the tenant touch id, login, roles, status, manager or groups', async () => {
    const group = await tenant.createGroup();
    const boss = await tenant.createUser();
    const login = uniqueName('guarded-');
    const data = {
      id: 'usr_01890000000000000000000000',
      login: 'root',
      roles: ['ORG_ADMIN'],
      status: 'disabled',
      manager: boss.id,
      assignedGroups: [group.id],
      firstName: 'Allowed',
    };
    const user = expectStatus(await create(json({ response: { data } }), { login, roles: ['USER'] }), 201).body;
    expect(user).toMatchObject({ login, roles: ['USER'], status: 'active', assignedGroups: [], firstName: 'Allowed' });
    expect(user.id).not.toBe(data.id);
    expect(user.manager ?? null).toBe(null);
  });

  it('answers 422 hook_answer_invalid with the pointer for a value that fails the local rules', async () => {
    const login = uniqueName('invalid-');
    const wrong: [string, unknown][] = [
      ['/email', { email: 'not an address' }],
      ['/firstName', { firstName: null }],
      ['/mobile', { mobile: 12 }],
    ];
    for (const [pointer, data] of wrong) {
      const answer = await create(json({ response: { data } }), { login });
      expectProblem(answer, { status: 422, code: 'hook_answer_invalid', pointer, hook: 'validateUser' });
    }
    expect(await exists(login)).toBe(false);
  });

  it.each<[string, Behaviour]>([
    ['error "true"', json({ response: { error: 'true', message: 'x' } })],
    ['error 1', json({ response: { error: 1 } })],
    ['an array', json([])],
    ['a string', json('fine')],
    ['null', json(null)],
    ['response as a string', json({ response: 'fine' })],
    ['another shape', json({ ok: true })],
    ['HTML', text('<html></html>', 200, 'text/html')],
    ['broken JSON', text('{"response":', 200, 'application/json')],
    ['status 500', json({ response: {} }, 500)],
    ['status 404', status(404)],
    ['a redirect', status(307, { location: 'http://127.0.0.1:9/' })],
  ])('takes %s as no usable answer and follows the policy deny', async (_name, behaviour) => {
    // A usable answer in between keeps the endpoint's breaker closed, so that each of these is asked.
    expectStatus(await create(json({ response: {} })), 201);
    const login = uniqueName('unusable-');
    expectProblem(await create(behaviour, { login }), { status: 503, code: 'hook_unavailable', hook: 'validateUser' });
    await receiver.waitForLogin('validateUser', login);
    expect(await exists(login)).toBe(false);
  });

  it('is asked in a dry run, which says so', async () => {
    const login = uniqueName('dry-');
    receiver.on('validateUser', json({ response: { data: { country: 'Fiji' } } }));
    const dry = await tenant.admin.post<User>('/v1/users?dryRun=true', newUser({ login }));
    expect([200, 201]).toContain(dry.status);
    expect(dry.body).toMatchObject({ dryRun: true, country: 'Fiji' });
    expect((await receiver.waitForLogin('validateUser', login)).headers['x-countersign-dry-run']).toBe('true');
    expect(await exists(login)).toBe(false);
  });
});
