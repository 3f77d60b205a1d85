import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { newEndpoint, newUser, Tenant } from '../support/tenant.js';

interface CreatedKey {
  readonly id: string;
  readonly key: string;
}

describe('API keys', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  async function createKey(fields: Record<string, unknown> = {}): Promise<CreatedKey & { api: ApiClient }> {
    const body = { name: 'ci', roles: ['ORG_ADMIN'], ...fields };
    const key = expectStatus(await tenant.admin.post<CreatedKey>('/v1/api-keys', body), 201).body;
    return { ...key, api: tenant.admin.as(key.key) };
  }

  it('works as a bearer credential with its roles, and only with them', async () => {
    const admin = await createKey();
    expect(admin.key.startsWith(`csk_${tenant.slug}.`)).toBe(true);
    expectStatus(await admin.api.post('/v1/users', newUser()), 201);
    const auditor = await createKey({ roles: ['AUDITOR'] });
    expectStatus(await auditor.api.get('/v1/users'), 200);
    expectProblem(await auditor.api.post('/v1/users', newUser()), { status: 403 });
  });

  it('shows the key once', async () => {
    const { id, key } = await createKey();
    const list = expectStatus(await tenant.admin.get('/v1/api-keys'), 200);
    expect(list.text).toContain(id);
    expect(list.text).not.toContain(key);
    expect(list.text).not.toContain(key.slice(key.indexOf('.') + 1));
  });

  it('is dead within the bound of a revocation once it is deleted', async () => {
    const { id, api } = await createKey();
    expectStatus(await api.get('/v1/users'), 200);
    expectStatus(await tenant.admin.delete(`/v1/api-keys/${id}`), 204);
    await eventually('the key is refused', async () => (await api.get('/v1/users')).status === 401, {
      deadlineMs: 6_000,
    });
  });

  it('can make neither keys nor endpoints', async () => {
    const { api } = await createKey();
    expectProblem(await api.post('/v1/api-keys', { name: 'child', roles: ['AUDITOR'] }), { status: 403 });
    const endpoint = newEndpoint('http://127.0.0.1:9/webhook', ['postCreateUser']);
    expectProblem(await api.post('/v1/webhook-endpoints', endpoint), { status: 403 });
  });

  it('is refused when it expires in the past, and when it is unknown', async () => {
    const body = { name: 'late', roles: ['AUDITOR'], expiresAt: '2020-01-01T00:00:00Z' };
    expectProblem(await tenant.admin.post('/v1/api-keys', body), { status: 422, pointer: '/expiresAt' });
    const unknown = tenant.admin.as(`csk_${tenant.slug}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
    expectProblem(await unknown.get('/v1/users'), { status: 401 });
  });

  it('is given out by administrators only', async () => {
    const { api } = await tenant.signUp(['HELPDESK']);
    expectProblem(await api.post('/v1/api-keys', { name: 'mine', roles: ['HELPDESK'] }), { status: 403 });
  });
});
