import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';
import { problemOf, rawGet, rawHttp, statusOf } from './raw-http.js';

describe('the door', () => {
  let under: GatewayUnderTest;
  let signedIn: Record<string, string>;

  beforeAll(async () => {
    under = await GatewayUnderTest.start();
    signedIn = await under.signedIn();
  });
  afterAll(() => under.stop());
  beforeEach(() => {
    under.users.reset();
    under.webhooks.reset();
  });

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${under.url}${path}`, { ...init, headers: { ...signedIn, ...(init.headers as Record<string, string>) } });

  it('passes a request on to the owner of its path, with what the gateway vouches for', async () => {
    const answer = await call('/v1/users?filter=login%20eq%20%22ada%22&limit=2', { headers: { 'if-match': '"1"' } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true });
    const { method, url, headers } = under.users.last;
    expect({ method, url }).toEqual({ method: 'GET', url: '/v1/users?filter=login%20eq%20%22ada%22&limit=2' });
    expect(headers).toMatchObject({
      authorization: signedIn['authorization'],
      'if-match': '"1"',
      'x-countersign-tenant': 'acme',
      'x-countersign-client': '127.0.0.1',
    });
    const tokens = await under.keys.tokens('user-lifecycle');
    expect(await tokens.verify(headers['x-countersign-service'] as string)).toBe('gateway');
    expect(under.webhooks.seen).toEqual([]);
  });

  it('spells the path canonically', async () => {
    expect((await rawGet(under.port, '/v1/%75sers/ren%c3%a9', signedIn)).slice(0, 12)).toBe('HTTP/1.1 200');
    expect(under.users.last.url).toBe('/v1/users/ren%C3%A9');
  });

  it('drops what only the gateway may say', async () => {
    const forged = {
      'x-countersign-service': 'forged',
      'x-countersign-tenant': 'globex',
      'x-countersign-client': '203.0.113.9',
      'x-countersign-actor': 'operator:root',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      connection: 'close, x-countersign-tenant',
    };
    expect(statusOf(await rawGet(under.port, '/v1/users', { ...signedIn, ...forged }))).toBe(200);
    const { headers } = under.users.last;
    expect(headers['x-countersign-service']).not.toBe('forged');
    expect(headers).toMatchObject({ 'x-countersign-tenant': 'acme', 'x-countersign-client': '127.0.0.1' });
    for (const name of ['x-countersign-actor', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'forwarded']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('takes the first of two Authorization headers for the only one', async () => {
    const other = await under.signedIn('globex', 'usr_2');
    const answer = await rawHttp(
      under.port,
      `GET /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: ${signedIn['authorization']}\r\nauthorization: ${other['authorization']}\r\nconnection: close\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(200);
    expect(under.users.last.headers).toMatchObject({
      authorization: signedIn['authorization'],
      'x-countersign-tenant': 'acme',
    });
  });

  it('answers 404 to what is no path, whoever asks, and never routes /internal', async () => {
    for (const path of [
      '/v1/nothing',
      '/v1',
      '/internal/revocations',
      '/INTERNAL/tenants',
      '/V1/users',
      '/v1/users/',
      '/docs/',
    ]) {
      for (const headers of [signedIn, {}]) {
        const answer = await rawGet(under.port, path, headers);
        expect(problemOf(answer), path).toMatchObject({ status: 404, code: 'not_found' });
      }
    }
    expect(under.users.seen).toEqual([]);
  });

  it.each([
    '/v1/../internal/tenants',
    '/v1/%2e%2e/x',
    '//v1/users',
    '/v1/users%2fusr_1',
    '/v1/users\\x',
    '/v1/users/%00',
    '/v1/users/%ff',
    '/%',
    '*',
    'http://x/v1/users',
  ])('answers 400 to %s', async path => {
    const answer = await rawGet(under.port, path, signedIn);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'malformed_request', errors: [{ pointer: 'path' }] });
    expect(under.users.seen).toEqual([]);
  });

  it('answers 405 with the methods that there are', async () => {
    const answer = await call('/v1/users', { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
    const strange = await rawHttp(under.port, 'PROPFIND /v1/users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(problemOf(strange)).toMatchObject({ status: 405 });
    const options = await call('/v1/users/usr_1', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'DELETE, GET, HEAD, OPTIONS, PATCH']);
    expect((await call('/docs', { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('answers HEAD where it answers GET', async () => {
    under.users.handler = (_request, response) => response.writeHead(200, { 'content-length': '17' }).end();
    const proxied = await call('/v1/users', { method: 'HEAD' });
    expect([proxied.status, proxied.headers.get('content-length')]).toEqual([200, '17']);
    expect(under.users.last.method).toBe('HEAD');
    for (const path of ['/healthz', '/docs']) {
      const own = await call(path, { method: 'HEAD' });
      expect([own.status, await own.text()], path).toEqual([200, '']);
    }
  });

  it('sends security headers and a request id with every answer', async () => {
    for (const path of ['/v1/users', '/v1/nothing', '/healthz', '/v1//x']) {
      const answer = await call(path);
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(answer.headers.get('x-frame-options'), path).toBe('DENY');
      expect(answer.headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(answer.headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(answer.headers.get('cache-control') ?? '', path).toBe(path === '/v1/users' ? '' : 'no-store');
      expect(answer.headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers.get('strict-transport-security'), path).toBeNull();
      expect(answer.headers.get('access-control-allow-origin'), path).toBeNull();
    }
  });

  it('echoes a usable request id and hands it and the trace on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await call('/v1/users', { headers: { 'x-request-id': 'req.42', traceparent, tracestate: 'a=b' } });
    expect(answer.headers.get('x-request-id')).toBe('req.42');
    const { headers } = under.users.last;
    expect(headers).toMatchObject({ 'x-request-id': 'req.42', tracestate: 'a=b' });
    expect(headers['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(headers['traceparent']).not.toBe(traceparent);
    const odd = await call('/v1/nothing', { headers: { 'x-request-id': 'a b<script>', traceparent } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await odd.json()).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
  });

  it('answers bytes that are no request with a problem', async () => {
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n', 400],
      ['POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!', 400],
      ['POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
      ['POST /v1/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, identity\r\n\r\nx', 400],
      [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(60_000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ] as const) {
      const answer = await rawHttp(under.port, bytes);
      expect(statusOf(answer), bytes.slice(0, 60)).toBe(status);
      expect(problemOf(answer), bytes.slice(0, 60)).toMatchObject({ status });
    }
    expect((await call('/healthz')).status).toBe(200);
  });

  it('survives what a fuzzer sends and never answers 500', async () => {
    const methods = ['GET', 'POST', 'DELETE', 'BREW', 'OPTIONS', 'TRACE'];
    const paths = [
      '/',
      '/v1/users',
      '/v1/login',
      '/v1/users/%F0%9F%98%80',
      '/v1/users/__proto__',
      '/?%zz',
      '/v1/users?limit=%',
      '/docs?x=1',
    ];
    const headers = [
      'content-type: application/json',
      'content-encoding: br',
      'expect: 200-maybe',
      'upgrade: websocket\r\nconnection: upgrade',
      'content-length: 0',
    ];
    for (const method of methods) {
      for (const path of paths) {
        for (const header of headers) {
          const answer = await rawHttp(
            under.port,
            `${method} ${path} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`.replace(
              'host: x',
              'host: x\r\nconnection: close',
            ),
          );
          expect(statusOf(answer), `${method} ${path} ${header}: ${answer}`).toBeLessThan(500);
        }
      }
    }
  });

  it('shows its own pages', async () => {
    const landing = await call('/');
    expect(await landing.json()).toMatchObject({ docs: '/docs', openapi: '/openapi.json' });
    const browser = await call('/', { redirect: 'manual', headers: { accept: 'text/html,*/*' } });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/docs']);
    const docs = await fetch(`${under.url}/docs`);
    expect(docs.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(docs.headers.get('content-security-policy')).toMatch(/script-src 'sha256-/);
    const page = await docs.text();
    expect(page).toContain('/v1/users/');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(await (await fetch(`${under.url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
  });
});
