import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, startTestService } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { userLifecycleConfig } from '../src/config.js';
import { ExpireOperations } from '../src/operations/expire-operations.js';
import { service } from '../src/service.js';
import { Harness, pageOf, problemOf, uniqueName, type TestTenant } from './harness.js';
import { csv, found, importFile, operationOf, untilState } from './import-harness.js';

/** So many rows that an import of them is under way for as long as a test needs it to be. */
const MANY = 200;
/** So many that one replica has some left when it stops at once. */
const FEW = 60;

describe('operations', () => {
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

  const rows = (count: number) =>
    csv(Array.from({ length: count }, (_, index) => [`row-${index}`, `First${index}`, 'Last']));
  const start = async (file: string, api = tenant.admin) => operationOf(await importFile(api, file)).id;
  const logins = async () =>
    (await harness.sql<{ login: string }>(tenant.id, `select login from users where login like 'row-%'`))
      .map(({ login }) => login)
      .sort();
  const asked = () =>
    harness.dispatcher.calls
      .filter(({ hook, tenantId }) => hook === 'validateUser' && tenantId === tenant.id)
      .map(({ user }) => String(user['login']));
  const untilAsked = (count: number) =>
    eventually(() => {
      if (asked().length < count) throw new Error(`asked for ${asked().length} rows`);
    });

  /** Holds every validateUser until it is let go. */
  function hold(): () => void {
    let letGo!: () => void;
    const held = new Promise<void>(resolve => (letGo = resolve));
    harness.dispatcher.answer('validateUser', () => held.then(() => ({ outcome: 'unchanged' })));
    return letGo;
  }

  /** Has every row take its time. */
  function slow(): void {
    harness.dispatcher.answer('validateUser', () => delay(50, { outcome: 'unchanged' }));
  }

  it('stops before the next row when it is cancelled; what was done stays', async () => {
    slow();
    const id = await start(rows(MANY));
    await untilAsked(4);
    const cancelled = await tenant.admin.post(`/v1/operations/${id}/cancel`);
    expect([cancelled.status, operationOf(cancelled)]).toMatchObject([
      200,
      { state: 'running', cancelRequested: true },
    ]);
    const done = await untilState(tenant.admin, id, 'cancelled');
    expect(done.progress).toEqual({ done: asked().length, total: MANY, failed: 0 });
    expect(asked().length).toBeLessThan(MANY);
    expect(await logins()).toEqual(asked().sort());
    expect(await harness.sql(tenant.id, `select 1 from import_rows`)).toEqual([]);
    expect((await tenant.admin.post(`/v1/operations/${id}/cancel`)).status).toBe(200);
  });

  it('works on one operation of a tenant at a time, and cancels one that waits at once', async () => {
    const letGo = hold();
    const first = await start(rows(1));
    await untilAsked(1);
    const second = await start(csv([['row-second', 'S', 'S']]));
    const third = await start(csv([['row-third', 'T', 'T']]));
    await tenant.admin.post(`/v1/operations/${second}/cancel`);
    await untilState(tenant.admin, second, 'cancelled');
    const states = pageOf<{ id: string; state: string }>(await tenant.admin.get('/v1/operations')).data;
    expect(states.map(({ id, state }) => [id, state])).toEqual([
      [third, 'pending'],
      [second, 'cancelled'],
      [first, 'running'],
    ]);
    letGo();
    await untilState(tenant.admin, third, 'succeeded');
    expect(await logins()).toEqual(['row-0', 'row-third']);
    const refused = await tenant.admin.post(`/v1/operations/${third}/cancel`);
    expect([refused.status, problemOf(refused).code]).toEqual([409, 'operation_finished']);
    const pages = pageOf<{ id: string }>(await tenant.admin.get('/v1/operations?limit=2&state=succeeded'));
    expect([pages.data.map(({ id }) => id), pages.page.next]).toEqual([[third, first], null]);
  });

  it("keeps a refusal of the tenant's hook as the row's error, with the tenant's words", async () => {
    harness.dispatcher.answer('validateUser', ({ user }) =>
      user['login'] === 'row-1'
        ? { outcome: 'refused', message: 'MobileAlreadyExist', deliveryId: 'dlv_1' }
        : { outcome: 'unchanged' },
    );
    const done = await untilState(tenant.admin, await start(rows(3)), 'succeeded');
    expect(done.errors).toEqual([{ line: 3, code: 'hook_refused', pointer: '', message: 'MobileAlreadyExist' }]);
    expect(await logins()).toEqual(['row-0', 'row-2']);
  });

  it('waits while the dispatcher is away, and loses no row by it', async () => {
    harness.dispatcher.breakDown();
    const id = await start(rows(6));
    await untilState(tenant.admin, id, 'running');
    await eventually(async () => {
      const [row] = await harness.sql<{ count: number }>(tenant.id, `select count(*)::int as count from unique_values`);
      if (row!.count < 2) throw new Error('no row has been tried yet');
    });
    harness.dispatcher.reset();
    const done = await untilState(tenant.admin, id, 'succeeded');
    expect([found(done), done.progress]).toEqual([[], { done: 6, total: 6, failed: 0 }]);
    expect((await logins()).length).toBe(6);
  });

  it.each([
    ['starter_disabled', 'the account that started it is disabled'],
    ['starter_forbidden', 'the account that started it loses its role'],
    ['tenant_disabled', 'the tenant is disabled'],
  ])('fails with %s when %s; what was done stays', async code => {
    const helper = await tenant.createUser({ login: 'helper', roles: ['HELPDESK'] });
    harness.dispatcher.reset();
    slow();
    const id = await start(rows(MANY), await tenant.as(['HELPDESK'], helper.id));
    await untilAsked(4);
    if (code === 'starter_disabled') await tenant.admin.post(`/v1/users/${helper.id}/disable`);
    else if (code === 'starter_forbidden') await tenant.admin.patch(`/v1/users/${helper.id}`, { roles: ['USER'] });
    else await (await harness.operator()).post(`/internal/tenants/${tenant.id}/disable`);
    const done = await untilState(tenant.admin, id, 'failed');
    expect(done.failure?.code).toBe(code);
    expect(done.progress).toEqual({ done: asked().length, total: MANY, failed: 0 });
    expect(asked().length).toBeLessThan(MANY);
    expect(await logins()).toEqual(asked().sort());
  });

  it('leaves nothing behind of a body that breaks off', async () => {
    const token = await harness.authority.token({ tenantId: tenant.id, roles: ['ORG_ADMIN'], userId: tenant.adminId });
    const { url } = harness.service;
    const upload = request(`${url}/v1/users/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    });
    upload.on('error', () => undefined);
    upload.write(rows(2_000));
    const kept = () => harness.sql(tenant.id, `select 1 from import_rows limit 1`);
    await eventually(async () => {
      if ((await kept()).length === 0) throw new Error('nothing is kept yet');
    });
    expect(pageOf(await tenant.admin.get('/v1/operations')).data).toEqual([]);
    upload.destroy();
    await eventually(async () => {
      if ((await harness.sql(tenant.id, `select 1 from operations`)).length > 0) throw new Error('still there');
    });
    expect(await kept()).toEqual([]);
  });

  it('is done by one of two replicas only, and goes on with the other when that one stops: every row once', async () => {
    const env = { WEBHOOK_DISPATCHER_URL: harness.dispatcher.url };
    const { keys, authority, database } = harness;
    const other = await startTestService(service, { config: userLifecycleConfig, keys, authority, database, env });
    let id: string;
    try {
      slow();
      const token = await authority.token({ tenantId: tenant.id, roles: ['ORG_ADMIN'], userId: tenant.adminId });
      id = await start(rows(FEW), other.api.as(token));
      await untilAsked(8);
      // The other replica may have done the rest before this one has wholly stopped.
      expect(asked().length).toBeLessThan(FEW);
    } finally {
      await other.stop();
    }
    const done = await untilState(tenant.admin, id, 'succeeded');
    expect(done.progress).toEqual({ done: FEW, total: FEW, failed: 0 });
    expect(asked().sort()).toEqual(await logins());
  }, 90_000);

  it('is audited from start to end, and every row of it as a change of its own in the same trace', async () => {
    const id = await start(rows(1));
    await untilState(tenant.admin, id, 'succeeded');
    const [user] = await harness.sql<{ id: string }>(tenant.id, `select id from users where login = 'row-0'`);
    const audit = (target: string) =>
      eventually(async () => {
        const { data } = pageOf<{ action: string; traceId: string; actor: unknown; changes: unknown }>(
          await tenant.admin.get(`/v1/audit?filter=${encodeURIComponent(`target.id eq "${target}"`)}&sort=at`),
        );
        if (data.length === 0 || (target === id && data.length < 2)) throw new Error('not there yet');
        return data;
      });
    const [started, succeeded] = await audit(id);
    expect([started!.action, succeeded!.action]).toEqual(['operation.started', 'operation.succeeded']);
    expect(started!.changes).toMatchObject({ kind: { after: 'users.import' }, total: { after: 1 } });
    const [created] = await audit(user!.id);
    expect(created).toMatchObject({ action: 'user.created', actor: { type: 'user', id: tenant.adminId } });
    expect(new Set([started!.traceId, succeeded!.traceId, created!.traceId]).size).toBe(1);
  });

  it('is deleted with its errors 30 days after its end', async () => {
    const id = await start(csv([['bad login', 'B', 'L']]));
    await untilState(tenant.admin, id, 'succeeded');
    const expire = harness.service.app.get(ExpireOperations);
    const shift = (days: number) =>
      harness.sql(tenant.id, `update operations set finished_at = now() - make_interval(days => $2) where id = $1`, [
        id,
        days,
      ]);
    await shift(29);
    await expire.execute();
    expect((await tenant.admin.get(`/v1/operations/${id}`)).status).toBe(200);
    await shift(31);
    expect(await expire.execute()).toBe(1);
    expect((await tenant.admin.get(`/v1/operations/${id}`)).status).toBe(404);
    expect(await harness.sql(tenant.id, `select 1 from operation_errors`)).toEqual([]);
  });

  it('refuses a further operation while too many are not over', async () => {
    const letGo = hold();
    for (let index = 0; index < 20; index++) await start(csv([[uniqueName('row'), 'F', 'L']]));
    const refused = await importFile(tenant.admin, csv([['one-more', 'F', 'L']]));
    expect([refused.status, problemOf(refused).code, refused.headers['retry-after']]).toEqual([
      429,
      'too_many_operations',
      '30',
    ]);
    letGo();
  });
});
