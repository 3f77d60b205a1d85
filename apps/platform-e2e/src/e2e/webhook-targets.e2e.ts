import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectProblem } from '../support/problem.js';
import type { Endpoint } from '../support/resources.js';
import { newEndpoint, Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** Every address here leads to this machine, so that nothing leaves it even if the guard failed. */
describe('targets that the platform must not call', () => {
  let tenant: Tenant;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    [tenant, receiver] = await Promise.all([Tenant.create(), WebhookReceiver.start()]);
  });

  afterAll(() => receiver.stop());

  /** Asserts that the configuration is refused, or that its test says why nothing was sent. */
  async function expectRefused(url: string): Promise<void> {
    const body = newEndpoint(url, ['postCreateUser']);
    const answer = await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', body);
    if (answer.status !== 201) {
      expectProblem(answer, { status: 422, pointer: '/url' });
      return;
    }
    expect(answer.body.test, `${url}: ${answer.text}`).toMatchObject({ ok: false });
    expect(answer.body.test?.error, url).toBeTruthy();
    expect(answer.body.test?.response ?? null, url).toBe(null);
  }

  it('refuses the unspecified address in every spelling, which leads to loopback', async () => {
    const { port } = new URL(receiver.origin);
    for (const host of ['0.0.0.0', '0', '0x0', '0.0', '[::]', '[::ffff:0.0.0.0]', '[::ffff:0:0]']) {
      await expectRefused(`http://${host}:${port}/webhook`);
    }
    expect(receiver.calls).toEqual([]);
  });

  it("refuses the platform's own services, which listen on loopback", async () => {
    const { services } = JSON.parse(await readFile(join(inject('dataDir'), 'platform.json'), 'utf8')) as {
      services: Record<string, { url: string; managementUrl: string }>;
    };
    const inside = Object.entries(services).flatMap(([name, { url, managementUrl }]) =>
      name === 'gateway' ? [managementUrl] : [url, managementUrl],
    );
    expect(inside.length).toBeGreaterThanOrEqual(7);
    for (const url of inside) await expectRefused(url);
  });

  it('reaches a receiver on loopback in any spelling of it', async () => {
    const { port } = new URL(receiver.origin);
    for (const host of ['127.0.0.1', 'localhost', '127.1', '2130706433', '[::ffff:127.0.0.1]']) {
      const body = newEndpoint(`http://${host}:${port}/webhook`, ['postCreateUser']);
      const answer = await tenant.admin.post<Endpoint>('/v1/webhook-endpoints?test=true', body);
      expect(answer.body.test, `${host}: ${answer.text}`).toMatchObject({ ok: true });
    }
  });
});
