import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, loginsOf, NDJSON, sendFile, untilOver } from '../support/imports.js';
import { eventually } from '../support/eventually.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { delayed, json } from '../support/receiver-behaviour.js';
import type { AuditRow, Page, User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);

describe('import of users', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
    await tenant.createEndpoint(receiver, ['validateUser', 'preCreateUser', 'postCreateUser', 'validateUpdateUser']);
  });

  afterAll(() => receiver.stop());

  it('runs every row of a CSV through the whole path, and tells what is wrong by lines', async () => {
    receiver.on('validateUser', (call, response) => {
      const refused = { error: true, message: 'MobileAlreadyExist' };
      const changed = { data: { ...call.user, country: 'Norway' } };
      return json({ response: call.user['login'] === 'csv-0003' ? refused : changed })(call, response);
    });
    const logins = named('csv-', 20);
    const file = `${csvOf(logins)}\r\n"csv-0001",Twice,"Over\r\ntwo lines"\r\nbad login,Space,Between\r\nshort`;
    const started = expectStatus(await sendFile(tenant.admin, file), 202);
    expect(started.headers['location']).toBe(`/v1/operations/${started.body.id}`);
    expect(started.body).toMatchObject({ kind: 'users.import', progress: { done: 0, total: 23, failed: 0 } });
    expect(started.body.id).toMatch(/^opn_ul_/);
    const over = await untilOver(tenant.admin, started.body.id);
    expect(over.progress).toEqual({ done: 23, total: 23, failed: 4 });
    expect(over.errors.map(({ line, code, pointer }) => [line, code, pointer])).toEqual([
      [5, 'hook_refused', ''],
      [22, 'login_in_use', '/login'],
      [24, expect.any(String), '/login'],
      [25, 'wrong_cell_count', ''],
    ]);
    expect(over.errors[0]?.message).toBe('MobileAlreadyExist');
    const created = logins.filter(login => login !== 'csv-0003');
    expect(await loginsOf(tenant.admin, 'csv-')).toEqual(created);
    const told = await receiver.waitFor('postCreateUser', {
      count: created.length,
      where: ({ user }) => String(user['login']).startsWith('csv-'),
    });
    expect(told.map(({ user }) => user['login']).sort()).toEqual(created);
    expect(new Set(told.map(({ user }) => user['country']))).toEqual(new Set(['Norway']));
    const announced = receiver.received('preCreateUser').map(({ user }) => user['login']);
    expect(announced.sort()).toEqual(created);
  });

  it('creates and updates from NDJSON, with the hooks of each', async () => {
    receiver.on('validateUser', json({ response: {} }));
    const existing = await tenant.createUser({ login: 'nd-there', country: 'India' });
    const lines = [
      { login: 'ND-there', country: 'Peru' },
      { login: 'nd-new', firstName: 'N', lastName: 'W', password: 'Correct-horse-battery-7', email: 'n@example.com' },
    ];
    const file = lines.map(line => JSON.stringify(line)).join('\n');
    const started = expectStatus(await sendFile(tenant.admin, file, { type: NDJSON, query: '?mode=upsert' }), 202);
    expect((await untilOver(tenant.admin, started.body.id)).progress).toEqual({ done: 2, total: 2, failed: 0 });
    const updated = expectStatus(await tenant.admin.get<User>(`/v1/users/${existing.id}`), 200).body;
    expect([updated.country, updated.version]).toEqual(['Peru', 2]);
    await receiver.waitForLogin('validateUpdateUser', 'nd-there');
    const login = { tenant: tenant.slug, login: 'nd-new', password: 'Correct-horse-battery-7' };
    expect(expectStatus(await tenant.anonymous.post<{ state: string }>('/v1/login', login), 200).body.state).toBe(
      'PASSWORD_CHANGE_DUE',
    );
    const rows = await eventually('the import is in the audit log', async () => {
      const filter = encodeURIComponent(`target.id eq "${started.body.id}"`);
      const { body } = await tenant.admin.get<Page<AuditRow>>(`/v1/audit?filter=${filter}&sort=at`);
      return body.data.length >= 2 && body.data;
    });
    expect(rows.map(({ action }) => action)).toEqual(['operation.started', 'operation.succeeded']);
  });

  it('shows progress, stops when it is cancelled, and keeps what was done', async () => {
    receiver.on('validateUser', delayed(40, json({ response: {} })));
    const logins = named('cancel-', 400);
    const { id } = expectStatus(await sendFile(tenant.admin, csvOf(logins)), 202).body;
    const seen = await eventually('some rows are done', async () => {
      const { body } = await tenant.admin.get<Awaited<ReturnType<typeof untilOver>>>(`/v1/operations/${id}`);
      return body.state === 'running' && body.progress.done > 0 && body;
    });
    expect(seen.progress.done).toBeLessThan(400);
    expectStatus(await tenant.admin.post(`/v1/operations/${id}/cancel`), 200);
    const over = await untilOver(tenant.admin, id, 'cancelled');
    expect(over.progress.done).toBeGreaterThanOrEqual(seen.progress.done);
    expect(over.progress.done).toBeLessThan(400);
    expect((await loginsOf(tenant.admin, 'cancel-')).length).toBe(over.progress.done);
    receiver.on('validateUser', json({ response: {} }));
  });

  it('takes a file far beyond the limit of other bodies, and starts one import for one idempotency key', async () => {
    const file = `login,firstName,lastName\n${named('large-', 3)
      .map(login => `${login},${'x'.repeat(900)},L`)
      .join('\n')}\n${'\n'.repeat(3 * 1024 * 1024)}`;
    const headers = { 'idempotency-key': 'one-import' };
    const first = expectStatus(await sendFile(tenant.admin, file, { query: '?dryRun=true', headers }), 202);
    const again = expectStatus(await sendFile(tenant.admin, file, { query: '?dryRun=true', headers }), 202);
    expect([again.body.id, again.headers['idempotency-replayed']]).toEqual([first.body.id, 'true']);
    const other = await sendFile(tenant.admin, csvOf(['another']), { headers });
    expectProblem(other, { status: 422, code: 'idempotency_key_reused' });
    expect((await untilOver(tenant.admin, first.body.id)).progress).toMatchObject({ done: 3, total: 3 });
    expect(await loginsOf(tenant.admin, 'large-')).toEqual([]);
  });

  it('refuses a file as a whole as soon as it is known to be none, however much is still to come', async () => {
    const rest = 'a,b,c\n'.repeat(1024 * 1024);
    const refused = await sendFile(tenant.admin, `login,firstName,shoe\n${rest}`);
    expect(expectProblem(refused, { status: 400, code: 'malformed_file' }).errors?.[0]?.code).toBe('unknown_column');
    expectProblem(await sendFile(tenant.admin, '{}', { type: 'application/json' }), { status: 415 });
    expectProblem(await sendFile(tenant.admin, Buffer.from([0x6c, 0xff])), { status: 400, code: 'malformed_file' });
    expectProblem(await sendFile(tenant.admin, csvOf(['a']), { query: '?mode=replace' }), { status: 400 });
    expectProblem(await sendFile(tenant.anonymous, csvOf(['a'])), { status: 401 });
  });

  it('is nobody else’s: not another tenant’s, not a plain user’s', async () => {
    const { id } = expectStatus(await sendFile(tenant.admin, csvOf(['mine'])), 202).body;
    const [other, plain] = await Promise.all([Tenant.create(), tenant.signUp(['USER'])]);
    for (const path of [`/v1/operations/${id}`, `/v1/operations/${id}/errors`]) {
      expectProblem(await other.admin.get(path), { status: 404 });
      expectProblem(await plain.api.get(path), { status: 403 });
    }
    expectProblem(await other.admin.post(`/v1/operations/${id}/cancel`), { status: 404 });
    expectProblem(await sendFile(plain.api, csvOf(['theirs'])), { status: 403 });
    expect((await other.admin.get<Page<unknown>>('/v1/operations')).body.data).toEqual([]);
    await untilOver(tenant.admin, id);
  });

  it('goes on as an API key that may create users', async () => {
    const body = { name: 'importer', roles: ['HELPDESK'] };
    const { key } = expectStatus(await tenant.admin.post<{ key: string }>('/v1/api-keys', body), 201).body;
    const api = tenant.admin.as(key);
    const { id } = expectStatus(await sendFile(api, csvOf(['by-key'])), 202).body;
    expect((await untilOver(api, id)).progress).toEqual({ done: 1, total: 1, failed: 0 });
  });
});
