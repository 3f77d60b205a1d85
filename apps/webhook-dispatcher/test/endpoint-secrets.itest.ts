import { UnitOfWork } from '@countersign/persistence';
import { WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureHeaders } from '../src/signing/standard-webhooks.js';
import { Harness, type ShownEndpoint, type TestTenant } from './harness.js';

describe('secrets of webhook endpoints', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  const create = (more: Record<string, unknown> = {}) =>
    tenant.admin.post('/v1/webhook-endpoints', {
      name: 'R',
      url: `${receiver.url}/webhook`,
      hooks: [{ hook: 'postCreateUser' }],
      ...more,
    });

  it('is for administrators to write, for auditors to read; endpoints and API keys get no secrets', async () => {
    const { id } = (await create()).body as ShownEndpoint;
    const path = `/v1/webhook-endpoints/${id}`;
    const auditor = await harness.as(tenant, ['AUDITOR']);
    expect((await auditor.get(path)).status).toBe(200);
    expect((await auditor.patch(path, { name: 'x' })).status).toBe(403);
    expect((await auditor.post(`${path}/test`, undefined)).status).toBe(403);
    const user = await harness.as(tenant, ['USER']);
    expect((await user.get(path)).status).toBe(403);
    expect((await user.get('/v1/hooks')).status).toBe(200);
    expect((await harness.dispatcher.api.get('/v1/hooks')).status).toBe(401);
    const now = Math.floor(Date.now() / 1000);
    for (const sub of [`webhook:${id}`, 'api_key:key_1']) {
      const machine = await harness.as(tenant, ['ORG_ADMIN'], { sub, auth_time: now });
      const statuses = [
        await machine.post('/v1/webhook-endpoints', { name: 'x', url: receiver.url }),
        await machine.post(`${path}/rotate-secret`, undefined),
        await machine.get(`${path}/secret`),
        await machine.patch(path, { url: `${receiver.url}/elsewhere` }),
      ].map(({ status }) => status);
      expect(statuses).toEqual([403, 403, 403, 403]);
      expect((await machine.patch(path, { name: sub })).status).toBe(200);
    }
  });

  it('shows the secret again to a person who has just proved to be the one', async () => {
    const { id, secret } = (await create()).body as ShownEndpoint;
    const now = Math.floor(Date.now() / 1000);
    const fresh = await harness.as(tenant, ['ORG_ADMIN'], { auth_time: now - 5, acr: 'mfa' });
    expect((await fresh.get(`/v1/webhook-endpoints/${id}/secret`)).body).toEqual({ secret });
    const stale = await harness.as(tenant, ['ORG_ADMIN'], { auth_time: now - 4_000, acr: 'mfa' });
    const refused = await stale.get(`/v1/webhook-endpoints/${id}/secret`);
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([
      401,
      'insufficient_user_authentication',
    ]);
    expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');
  });

  it('rotates the secret: both sign', async () => {
    const { id, secret } = (await create()).body as ShownEndpoint;
    const path = `/v1/webhook-endpoints/${id}`;
    const rotated = (await tenant.admin.post(`${path}/rotate-secret`, undefined)).body as {
      secret: string;
      previousValidUntil: string;
    };
    expect(Date.parse(rotated.previousValidUntil)).toBeGreaterThan(Date.now() + 80_000_000);
    await tenant.admin.post(`${path}/test`, undefined);
    const { headers } = receiver.requestsTo('/webhook/test')[0]!;
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    expect(headers).toMatchObject(
      signatureHeaders(headers['webhook-id']!, at, '{}', [{ value: rotated.secret }, { value: secret }]),
    );
  });

  it('keeps its secrets sealed', async () => {
    const { secret } = (await create({ headers: { 'X-Key': 'own-value' }, auth: { type: 'bearer', token: 'theirs' } }))
      .body as ShownEndpoint;
    const rows = await harness.dispatcher.app
      .get(UnitOfWork)
      .run(tenant.id, async tx => [
        ...(await tx.query(`select * from webhook_endpoint where tenant_id = $1`, [tenant.id])),
        ...(await tx.query(`select * from signing_secret where tenant_id = $1`, [tenant.id])),
      ]);
    const text = rows
      .flatMap(row =>
        Object.values(row).map(value => (Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value))),
      )
      .join();
    expect(rows).toHaveLength(2);
    for (const hidden of ['own-value', 'theirs', secret]) expect(text).not.toContain(hidden);
  });
});
