import { beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../support/api.js';
import { expectProblem, expectStatus } from '../support/problem.js';
import { Tenant } from '../support/tenant.js';

describe('the one door', () => {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await Tenant.create();
  });

  it('says that it lives and that it is ready', async () => {
    for (const path of ['/healthz', '/readyz']) expectStatus(await tenant.anonymous.get(path), 200);
  });

  it('sends security headers with every answer, errors too', async () => {
    for (const answer of [
      await tenant.admin.get('/v1/users'),
      await tenant.admin.get('/v1/nothing'),
      await tenant.anonymous.get('/v1/users'),
    ]) {
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['cache-control']).toMatch(/no-store/);
      expect(answer.headers).toHaveProperty('content-security-policy');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
    }
  });

  it('gives each request an id, another each time', async () => {
    const ids = [];
    for (let time = 0; time < 2; time += 1) ids.push((await tenant.admin.get('/v1/users')).headers['x-request-id']);
    expect(ids.every(Boolean)).toBe(true);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("continues the caller's trace", async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const problem = expectProblem(await tenant.admin.get('/v1/users/usr_none', headers), { status: 404 });
    expect(problem.traceId).toBe(traceId);
    expectProblem(await tenant.admin.get('/v1/users/usr_none', { traceparent: 'nonsense' }), { status: 404 });
  });

  it('says how much of the limit is left', async () => {
    const { headers } = expectStatus(await tenant.admin.get('/v1/users'), 200);
    expect(headers['ratelimit-policy']).toMatch(/;\s*q=\d+/);
    expect(headers['ratelimit']).toMatch(/;\s*r=\d+/);
  });

  it('answers 429 with Retry-After beyond the limit, to that client only', async () => {
    // All of 127/8 is this machine on Linux: the limit of this address is reached, the other suites' is not.
    const client = tenant.anonymous.from(process.platform === 'linux' ? '127.0.0.2' : undefined);
    const { headers } = await client.get('/v1/nothing');
    const quota = Number(/;\s*q=(\d+)/.exec(headers['ratelimit-policy'] ?? '')?.[1]);
    let limited;
    for (let sent = 0; sent < quota * 4 && !limited; sent += 100) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => client.get('/v1/nothing')));
      limited = answers.find(({ status }) => status === 429);
    }
    if (!limited) throw new Error(`no 429 within four times the quota of ${String(quota)}`);
    expectProblem(limited, { status: 429 });
    expectStatus(await tenant.admin.get('/v1/users'), 200);
  });

  it('refuses headers without end', async () => {
    const huge = await tenant.admin.get('/v1/users', { 'x-long': 'a'.repeat(60_000) }).catch((error: unknown) => error);
    if (huge instanceof Error) expect(huge.message).toMatch(/socket|closed|reset/i);
    else expect([400, 431]).toContain((huge as { status: number }).status);
  });

  it('drops headers by which a client would speak for the platform', async () => {
    const headers = {
      'x-countersign-tenant': tenant.slug,
      'x-countersign-service': 'eyJhbGciOiJub25lIn0.e30.',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    };
    expectProblem(await tenant.anonymous.get('/v1/users', headers), { status: 401 });
    expectStatus(await tenant.admin.get('/v1/users', headers), 200);
  });

  it('serves a page that a person can read at /docs, without calling out', async () => {
    const page = expectStatus(await new ApiClient(tenant.admin.baseUrl).get('/docs'), 200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('serves the dev mailbox only to this machine by its own name', async () => {
    const answer = await tenant.anonymous.get('/dev/mailbox/messages', { host: 'attacker.example.com' });
    expect([400, 403, 404, 421]).toContain(answer.status);
  });
});
