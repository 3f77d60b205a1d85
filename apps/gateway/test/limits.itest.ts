import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';
import { rawGet } from './raw-http.js';

describe('limits per principal, tenant and address, behind a trusted proxy', () => {
  let under: GatewayUnderTest;
  let client = 0;

  beforeAll(async () => {
    under = await GatewayUnderTest.start({
      TRUSTED_PROXIES: '127.0.0.0/8, ::1',
      RATE_LIMIT_PRINCIPAL: '3/3600',
      RATE_LIMIT_TENANT: '5/3600',
      RATE_LIMIT_ADDRESS: '4/3600',
      CORS_ORIGINS: 'https://console.example.com',
      PUBLIC_URL: 'https://iam.example.com',
    });
  });
  afterAll(() => under.stop());
  beforeEach(() => {
    under.users.reset();
    client += 1;
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${under.url}${path}`, { headers: { 'x-forwarded-for': `203.0.113.${client}`, ...headers } });
  const token = async (tenantId: string, userId: string) => ({
    authorization: `Bearer ${await under.authority.token({ tenantId, userId, iss: 'https://iam.example.com' })}`,
  });

  it('tells the limits and what is left of them', async () => {
    const answer = await get('/v1/users', await token('told', 'usr_1'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe('"principal";q=3;w=3600, "tenant";q=5;w=3600');
    expect(answer.headers.get('ratelimit')).toBe('"principal";r=2;t=1200, "tenant";r=4;t=720');
  });

  it('answers 429 to a principal beyond its limit, and lets others of the tenant go on', async () => {
    const [one, two] = [await token('busy', 'usr_1'), await token('busy', 'usr_2')];
    for (let i = 0; i < 3; i += 1) expect((await get('/v1/users', one)).status).toBe(200);
    const refused = await get('/v1/users', one);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1000);
    expect(refused.headers.get('ratelimit')).toMatch(/^"principal";r=0;t=3\d{3}, "tenant";r=2/);
    expect(await refused.json()).toMatchObject({
      status: 429,
      code: 'rate_limited',
      'violated-policies': ['principal'],
    });
    expect((await get('/v1/users', two)).status).toBe(200);
    expect(under.users.seen).toHaveLength(4);
  });

  it('answers 429 to a tenant beyond its limit, whoever asks, and to no other', async () => {
    for (const user of ['usr_1', 'usr_2', 'usr_3', 'usr_4', 'usr_5']) {
      expect((await get('/v1/users', await token('loud', user))).status).toBe(200);
    }
    const refused = await get('/v1/users', await token('loud', 'usr_6'));
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['tenant'] });
    expect((await get('/v1/users', await token('quiet', 'usr_6'))).status).toBe(200);
  });

  it('counts whoever is not signed in by address', async () => {
    for (let i = 0; i < 4; i += 1) expect((await get('/v1/users')).status).toBe(401);
    const refused = await get('/v1/users');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=4;w=3600');
    for (const path of ['/v1/nothing', '/v1//users', '/docs', '/v1/login'])
      expect((await get(path)).status, path).toBe(429);
    expect((await get('/v1/users', { 'x-forwarded-for': '203.0.113.200' })).status).toBe(401);
    expect((await get('/v1/users', await token('fine', 'usr_1'))).status).toBe(200);
    for (let i = 0; i < 10; i += 1) expect((await get('/healthz')).status).toBe(200);
  });

  it('lets guesses at API keys cost an address', async () => {
    const guess = (n: number) => get('/v1/users', { authorization: `Bearer csk_acme.guess-guess-guess-${n}` });
    for (let i = 0; i < 4; i += 1) expect((await guess(i)).status).toBe(401);
    expect((await guess(5)).status).toBe(429);
  });

  it('hands the real client on, whatever it writes into X-Forwarded-For itself', async () => {
    await get('/v1/users', {
      ...(await token('spoof', 'usr_1')),
      'x-forwarded-for': '198.51.100.7, 203.0.113.77, 127.0.0.5',
    });
    expect(under.users.last.headers['x-countersign-client']).toBe('203.0.113.77');
    expect(under.users.last.headers).not.toHaveProperty('x-forwarded-for');
    for (let i = 0; i < 4; i += 1) await get('/v1/users', { 'x-forwarded-for': `198.51.100.${i}, 203.0.113.78` });
    expect((await get('/v1/users', { 'x-forwarded-for': '198.51.100.9, 203.0.113.78' })).status).toBe(429);
  });

  it('counts IPv6 clients by their /64', async () => {
    for (let i = 0; i < 4; i += 1) await get('/v1/users', { 'x-forwarded-for': `2001:db8::${i}` });
    expect((await get('/v1/users', { 'x-forwarded-for': '2001:db8::ffff:1' })).status).toBe(429);
    expect((await get('/v1/users', { 'x-forwarded-for': '2001:db8:0:1::1' })).status).toBe(401);
  });

  it('lets pages of listed origins call, and no others', async () => {
    const origin = 'https://console.example.com';
    const listed = await get('/v1/users', { origin });
    expect(listed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(listed.headers.get('access-control-expose-headers')).toContain('ratelimit');
    const preflight = await fetch(`${under.url}/v1/users`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'x-forwarded-for': `203.0.113.${client}` },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const other = await rawGet(under.port, '/v1/users', { origin: 'https://console.example.com.evil.example' });
    expect(other).not.toMatch(/access-control-/i);
    expect(other).toMatch(/vary: origin/i);
  });

  it('insists on https where its public address has it', async () => {
    expect((await get('/healthz')).headers.get('strict-transport-security')).toBe(
      'max-age=31536000; includeSubDomains',
    );
  });

  it('counts what it refused', async () => {
    expect(await under.metric('gateway_rate_limited_total{policy="address"')).toBeGreaterThan(0);
    expect(await under.metric('gateway_rate_limited_total{policy="tenant"')).toBe(1);
  });
});
