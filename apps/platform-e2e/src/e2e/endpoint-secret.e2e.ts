import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { expectProblem, expectStatus } from '../support/problem.js';
import { newEndpoint, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('the signing secret, shown again', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  it('is shown to an administrator whose login is fresh, and is the one that signs', async () => {
    const receiver = await WebhookReceiver.start();
    onTestFinished(() => receiver.stop());
    const { id, secret } = await tenant.createEndpoint(receiver, ['postCreateUser']);
    const shown = await tenant.admin.get<{ secret: string }>(`/v1/webhook-endpoints/${id}/secret`);
    expect(expectStatus(shown, 200).body.secret).toBe(secret);
    expect(shown.headers['cache-control']).toMatch(/no-store/);
  });

  it('is not shown to other roles, nor to an API key', async () => {
    const body = newEndpoint('http://127.0.0.1:9/webhook', ['postCreateUser'], { enabled: false });
    const { id } = expectStatus(await tenant.admin.post<{ id: string }>('/v1/webhook-endpoints', body), 201).body;
    const { api } = await tenant.signUp(['AUDITOR']);
    expectProblem(await api.get(`/v1/webhook-endpoints/${id}/secret`), { status: 403 });
    const key = await tenant.admin.post<{ key: string }>('/v1/api-keys', { name: 'k', roles: ['ORG_ADMIN'] });
    const answer = await tenant.admin.as(expectStatus(key, 201).body.key).get(`/v1/webhook-endpoints/${id}/secret`);
    expect([401, 403], answer.text).toContain(answer.status);
  });
});
