import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { claimsOf } from '../support/login.js';
import { strongPassword } from '../support/names.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import type { AuditRow, Page } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';

describe('audit log', () => {
  let tenant: Tenant;
  let adminId: string;

  beforeAll(async () => {
    tenant = await Tenant.create();
    adminId = String(claimsOf(tenant.adminTokens.accessToken)['userId']);
  });

  /** The rows about one target: the log is fed by events, so a row is there a moment after its mutation. */
  function rowsOf(target: string, count: number): Promise<readonly AuditRow[]> {
    const filter = encodeURIComponent(`target.id eq "${target}"`);
    return eventually(`${String(count)} audit rows of ${target}`, async () => {
      const page = expectStatus(await tenant.admin.get<Page<AuditRow>>(`/v1/audit?filter=${filter}`), 200).body;
      if (page.data.length < count) throw new Error(`only ${String(page.data.length)}`);
      return page.data;
    });
  }

  it('tells who did what to whom, for each mutation of a user', async () => {
    const user = await tenant.createUser();
    await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Peru' });
    await tenant.admin.post(`/v1/users/${user.id}/disable`);
    await tenant.admin.delete(`/v1/users/${user.id}`);
    const rows = await rowsOf(user.id, 4);
    expect(new Set(rows.map(({ action }) => action)).size).toBe(4);
    for (const row of rows) {
      expect(row).toMatchObject({
        id: expect.stringMatching(/^aud_/) as string,
        actor: { type: 'user', id: adminId },
        target: { type: 'user', id: user.id },
      });
      expect(Number.isNaN(Date.parse(row.at))).toBe(false);
      expect(row.traceId).toBeTruthy();
    }
    expect(rows.some(row => JSON.stringify(row.changes).includes('Peru'))).toBe(true);
  });

  it('records groups and endpoints too', async () => {
    const group = await tenant.createGroup();
    await rowsOf(group.id, 1);
    const body = {
      name: 'audited',
      url: 'http://127.0.0.1:9/webhook',
      enabled: false,
      hooks: [{ hook: 'postCreateUser' }],
    };
    const endpoint = expectStatus(await tenant.admin.post<{ id: string }>('/v1/webhook-endpoints', body), 201).body;
    await rowsOf(endpoint.id, 1);
  });

  it('never shows a password or a security answer', async () => {
    const password = strongPassword();
    const user = await tenant.createUser({ password, securityQuestion: { 'First pet?': 'Rex-the-secret' } });
    const shown = JSON.stringify(await rowsOf(user.id, 1));
    expect(shown).not.toContain(password);
    expect(shown).not.toContain('Rex-the-secret');
  });

  it('records nothing for a dry run or a refused change', async () => {
    const user = await tenant.createUser();
    await tenant.admin.patch(`/v1/users/${user.id}?dryRun=true`, { country: 'Fiji' });
    await tenant.admin.patch(`/v1/users/${user.id}`, { email: 'nonsense' });
    await tenant.admin.patch(`/v1/users/${user.id}`, { country: 'Mali' });
    const rows = await rowsOf(user.id, 2);
    expect(rows.length).toBe(2);
    expect(JSON.stringify(rows)).not.toContain('Fiji');
  });

  it('carries the trace of the request', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const body = { name: 'traced' };
    const group = expectStatus(await tenant.admin.post<{ id: string }>('/v1/groups', body, headers), 201).body;
    expect((await rowsOf(group.id, 1))[0]?.traceId).toBe(traceId);
  });

  it('is read by administrators and auditors only', async () => {
    expectStatus(await (await tenant.signUp(['AUDITOR'])).api.get('/v1/audit'), 200);
    expectProblem(await (await tenant.signUp(['USER'])).api.get('/v1/audit'), { status: 403 });
  });

  it('pages like every list', async () => {
    const first = expectStatus(await tenant.admin.get<Page<AuditRow>>('/v1/audit?limit=2'), 200).body;
    expect(first.data.length).toBe(2);
    const next = encodeURIComponent(first.page.next ?? '');
    const second = expectStatus(await tenant.admin.get<Page<AuditRow>>(`/v1/audit?limit=2&cursor=${next}`), 200).body;
    const ids = [...first.data, ...second.data].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
