import { setTimeout as delay } from 'node:timers/promises';
import type { User } from '@countersign/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, pageOf, problemOf, type TestTenant } from './harness.js';
import { csv, found, imported, importFile, operationOf } from './import-harness.js';

describe('import of users', () => {
  let harness: Harness;
  let tenant: TestTenant;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  beforeEach(async () => {
    harness.dispatcher.reset();
    tenant = await harness.createTenant();
  });
  afterAll(() => harness?.stop());

  const user = async (login: string): Promise<User | undefined> =>
    pageOf(await tenant.admin.get(`/v1/users?filter=${encodeURIComponent(`login eq "${login}"`)}`)).data[0];

  it('creates the users of a CSV with everything that the API takes', async () => {
    const attributes = [
      { name: 'badge', type: 'number' },
      { name: 'remote', type: 'boolean' },
      { name: 'since', type: 'date' },
    ];
    await tenant.admin.put('/v1/user-attributes', { attributes });
    const group = (await tenant.admin.post('/v1/groups', { name: 'Staff' })).body as { id: string };
    const other = (await tenant.admin.post('/v1/groups', { name: 'Berlin' })).body as { id: string };
    const columns = [
      'login', 'firstName', 'lastName', 'email', 'assignedGroups', 'roles', 'password', 'attributes.badge',
      'attributes.remote', 'attributes.since', 'manager', 'securityQuestion.First pet?', 'country',
    ]; // prettier-ignore
    const row = [
      'ada', '"Ada ""A."""', '"Love\r\nlace"', 'ada@example.com', `${group.id}; ${other.id}`, 'USER;AUDITOR',
      'Correct-horse-7', '42', 'TRUE', '2026-01-31', tenant.adminId, 'Rex', '',
    ]; // prettier-ignore
    const done = await imported(tenant.admin, csv([row], columns));
    expect([done.progress, done.errors]).toEqual([{ done: 1, total: 1, failed: 0 }, []]);
    expect(await user('ada')).toMatchObject({
      firstName: 'Ada "A."',
      lastName: 'Love\r\nlace',
      email: 'ada@example.com',
      assignedGroups: [group.id, other.id].sort(),
      roles: ['USER', 'AUDITOR'],
      attributes: { badge: 42, remote: true, since: '2026-01-31' },
      manager: tenant.adminId,
      country: null,
      status: 'active',
    });
    const created = (await user('ada'))!;
    expect(harness.dispatcher.callsOf(created.id)).toEqual([
      'ask validateUser',
      'ask preCreateUser',
      'announce preCreateUser',
    ]);
    expect(harness.dispatcher.calls.map(({ actor }) => actor)).toContain(`user:${tenant.adminId}`);
    const credential = harness.authority.credentials.find(({ userId }) => userId === created.id);
    expect(credential).toMatchObject({ password: 'Correct-horse-7', oneTime: true });
    await harness.eventTypes(tenant.id, created.id, ['user.created']);
    const [event] = await harness.events(tenant.id, created.id);
    expect(event!.headers['ce_correlationid']).toBe(done.id);
  });

  it('creates the users of NDJSON, past blank lines and a byte order mark', async () => {
    const lines = [
      '{"login": "grace", "firstName": "Grace", "lastName": "Hopper", "userType": "Employee"}',
      '',
      '{"login": "alan", "firstName": "Alan", "lastName": "Turing"}\r',
    ];
    const done = await imported(tenant.admin, `\ufeff${lines.join('\n')}`, { type: 'application/x-ndjson' });
    expect(done.progress).toEqual({ done: 2, total: 2, failed: 0 });
    expect(await user('grace')).toMatchObject({ userType: 'Employee' });
    expect(await user('alan')).toMatchObject({ lastName: 'Turing' });
  });

  it('tells what is wrong with each row, by the line where it begins', async () => {
    await tenant.createUser({ login: 'taken' });
    const file = [
      'login,firstName,lastName,roles',
      'taken,T,A,',
      'good,"two\r\nlines",G,',
      'bad login,B,L,',
      '',
      'nameless,,N,',
      'short,S',
      'role,R,R,KING',
      'good,G,G,',
    ].join('\r\n');
    const done = await imported(tenant.admin, file);
    expect(found(done)).toEqual([
      '2 login_in_use /login',
      '5 custom /login',
      '7 invalid_type /firstName',
      '8 wrong_cell_count ',
      '9 invalid_value /roles/0',
      '10 login_in_use /login',
    ]);
    expect([done.progress, done.errorCount]).toEqual([{ done: 7, total: 7, failed: 6 }, 6]);
    const page = pageOf<{ line: number }>(await tenant.admin.get(`/v1/operations/${done.id}/errors?limit=4`));
    expect(page.data.map(({ line }) => line)).toEqual([2, 5, 7, 8]);
    const next = pageOf<{ line: number }>(
      await tenant.admin.get(`/v1/operations/${done.id}/errors?cursor=${page.page.next}`),
    );
    expect([next.data.map(({ line }) => line), next.page.next]).toEqual([[9, 10], null]);
  });

  it('tells what is wrong with each line of NDJSON, without showing what stands there', async () => {
    const lines = [
      '{"login": "one", "firstName": "O", "lastName": "N"}',
      '{"login": "two", "password": "secret-9',
      '[1]',
      '{"login": "three", "firstName": "T", "lastName": "H", "shoe": 43}',
      '{"login": "four", "firstName": "\\u0000", "lastName": "F"}',
    ];
    const done = await imported(tenant.admin, lines.join('\n'), { type: 'application/x-ndjson' });
    expect(found(done)).toEqual([
      '2 malformed_json ',
      '3 invalid_type ',
      '4 unknown_field /shoe',
      '5 invalid_text /firstName',
    ]);
    expect(JSON.stringify(done)).not.toContain('secret-9');
  });

  it('refuses a file that is malformed as a whole, and leaves nothing behind', async () => {
    const whole: [string | Uint8Array, string, number][] = [
      ['', 'empty_file', 1],
      ['login,firstName,lastName\n', 'empty_file', 2],
      ['login,firstName,lastName,shoe\na,b,c,d', 'unknown_column', 1],
      ['login;firstName;lastName\na;b;c', 'unknown_column', 1],
      ['login,firstName,lastName,attributes.none\na,b,c,d', 'unknown_column', 1],
      ['login,firstName,lastName,login\na,b,c,d', 'duplicate_column', 1],
      ['firstName,lastName\na,b', 'missing_column', 1],
      ['login,firstName,lastName\na,b,c\nd,"e,f', 'malformed_csv', 3],
      ['login,firstName,lastName\na,"b\nb",c\nd,e"e,f', 'malformed_csv', 4],
      [Buffer.from('login,firstName,lastName\na,b,c\nd,\xe9,f', 'latin1'), 'invalid_encoding', 3],
      [Buffer.from('\ufefflogin,firstName,lastName\na,b,c', 'utf16le'), 'invalid_encoding', 1],
    ];
    for (const [file, code, line] of whole) {
      const refused = await importFile(tenant.admin, file);
      expect([
        refused.status,
        problemOf(refused).code,
        problemOf(refused)['line'],
        problemOf(refused).errors?.[0]?.code,
      ]).toEqual([400, 'malformed_file', line, code]);
    }
    const array = await importFile(tenant.admin, '[{"login": "a"}]', { type: 'application/x-ndjson' });
    expect(problemOf(array).errors?.[0]?.code).toBe('malformed_json');
    const latin = await importFile(tenant.admin, csv([['a', 'b', 'c']]), { type: 'text/csv; charset=iso-8859-1' });
    expect([latin.status, problemOf(latin).code]).toEqual([415, 'unsupported_media_type']);
    expect((await importFile(tenant.admin, '{}', { type: 'application/json' })).status).toBe(415);
    expect((await tenant.admin.post('/v1/users', 'a,b', { headers: { 'content-type': 'text/csv' } })).status).toBe(415);
    for (const table of ['operations', 'import_rows', 'operation_errors']) {
      expect(await harness.sql(tenant.id, `select * from ${table}`)).toEqual([]);
    }
    expect(pageOf(await tenant.admin.get('/v1/operations')).data).toEqual([]);
  });

  it('updates the users that exist when it is to, and creates the others', async () => {
    const existing = await tenant.createUser({ login: 'Mover', country: 'India', email: 'm@example.com' });
    const file = csv(
      [
        ['mover', 'Moved', '', 'Peru', '', 'Not-taken-7'],
        ['joiner', 'Join', 'Er', 'Peru', 'j@example.com', 'Correct-horse-7'],
        ['stayer', '', '', 'Peru', '', ''],
      ],
      ['login', 'firstName', 'lastName', 'country', 'email', 'password'],
    );
    const done = await imported(tenant.admin, file, { query: '?mode=upsert' });
    expect(found(done)).toEqual(['4 invalid_type /firstName', '4 invalid_type /lastName']);
    expect(done.progress).toEqual({ done: 3, total: 3, failed: 1 });
    expect(await user('mover')).toMatchObject({
      id: existing.id,
      firstName: 'Moved',
      lastName: existing.lastName,
      country: 'Peru',
      email: 'm@example.com',
      version: 2,
    });
    expect(await user('joiner')).toMatchObject({ country: 'Peru' });
    expect(harness.dispatcher.callsOf(existing.id).slice(3)).toEqual([
      'ask validateUpdateUser',
      'ask preUpdateUser',
      'announce preUpdateUser',
    ]);
    harness.dispatcher.reset();
    const again = await imported(tenant.admin, file, { query: '?mode=upsert' });
    expect([again.progress.failed, harness.dispatcher.callsOf(existing.id)]).toEqual([1, []]);
    expect((await user('mover'))?.version).toBe(2);
  });

  it('keeps the rows of one login in the order of the file', async () => {
    harness.dispatcher.answer('validateUser', () => delay(50, { outcome: 'unchanged' }));
    const rows = Array.from({ length: 10 }, (_, index) => ['Same', `First${index}`, 'Last']);
    const done = await imported(tenant.admin, csv(rows), { query: '?mode=upsert' });
    expect(done.progress).toEqual({ done: 10, total: 10, failed: 0 });
    expect(await user('same')).toMatchObject({ firstName: 'First9', version: 10 });
  });

  it('checks everything and keeps nothing on a dry run', async () => {
    await tenant.createUser({ login: 'there' });
    harness.dispatcher.reset();
    const file = csv([
      ['there', 'T', 'H'],
      ['fresh', 'F', 'R'],
    ]);
    const done = await imported(tenant.admin, file, { query: '?dryRun=true' });
    expect([found(done), done.progress]).toEqual([['2 login_in_use /login'], { done: 2, total: 2, failed: 1 }]);
    expect(done).toMatchObject({ dryRun: true, params: { format: 'csv', mode: 'create', dryRun: true } });
    expect(await user('fresh')).toBeUndefined();
    expect(harness.dispatcher.calls.map(({ kind, hook, dryRun }) => [kind, hook, dryRun])).toEqual([
      ['ask', 'validateUser', true],
      ['ask', 'preCreateUser', true],
    ]);
  });

  it('lets only those import who may create users, and only an ORG_ADMIN set roles', async () => {
    const file = csv([['a', 'b', 'c']]);
    for (const role of ['USER', 'AUDITOR', 'APP_OWNER'] as const) {
      const api = await tenant.as([role]);
      expect((await importFile(api, file)).status).toBe(403);
      expect((await api.get('/v1/operations')).status).toBe(403);
    }
    const helper = await tenant.createUser({ roles: ['HELPDESK'] });
    const api = await tenant.as(['HELPDESK'], helper.id);
    const rows = [
      ['plain', 'P', 'L', ''],
      ['mighty', 'M', 'I', 'ORG_ADMIN'],
      ['admin', 'A', 'D', ''],
    ];
    const done = await imported(api, csv(rows, ['login', 'firstName', 'lastName', 'roles']), { query: '?mode=upsert' });
    expect(found(done)).toEqual(['3 roles_forbidden /roles', '4 administrator_protected ']);
    const other = await harness.createTenant();
    for (const path of [`/v1/operations/${done.id}`, `/v1/operations/${done.id}/errors`]) {
      expect((await other.admin.get(path)).status).toBe(404);
    }
    expect((await other.admin.post(`/v1/operations/${done.id}/cancel`)).status).toBe(404);
    expect(pageOf(await other.admin.get('/v1/operations')).data).toEqual([]);
  });

  it('starts one import for one idempotency key, and refuses the key for another file', async () => {
    const file = csv([['once', 'O', 'N']]);
    const headers = { 'idempotency-key': 'key-1' };
    const [first, second] = await Promise.all([
      importFile(tenant.admin, file, { headers }),
      importFile(tenant.admin, file, { headers }),
    ]);
    expect([first.status, second.status, operationOf(first).id]).toEqual([202, 202, operationOf(second).id]);
    const again = await importFile(tenant.admin, file, { headers });
    expect([operationOf(again).id, again.headers['idempotency-replayed'], again.headers['location']]).toEqual([
      operationOf(first).id,
      'true',
      `/v1/operations/${operationOf(first).id}`,
    ]);
    const other = await importFile(tenant.admin, csv([['twice', 'T', 'W']]), { headers });
    expect([other.status, problemOf(other).code]).toEqual([422, 'idempotency_key_reused']);
    const mode = await importFile(tenant.admin, file, { headers, query: '?mode=upsert' });
    expect([mode.status, problemOf(mode).code]).toEqual([422, 'idempotency_key_reused']);
    expect(pageOf(await tenant.admin.get('/v1/operations')).data.length).toBe(1);
  });
});
