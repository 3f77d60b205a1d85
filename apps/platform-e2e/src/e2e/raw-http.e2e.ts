import { beforeAll, describe, expect, it } from 'vitest';
import { sendRaw, statusesOf } from '../support/raw-http.js';
import { expectStatus } from '../support/problem.js';
import type { Page, User } from '../support/resources.js';
import { newUser, Tenant } from '../support/tenant.js';

const CRLF = '\r\n';

describe('HTTP that no decent client speaks', () => {
  let tenant: Tenant;
  let authorization: string;

  beforeAll(async () => {
    tenant = await Tenant.create();
    authorization = `Authorization: Bearer ${tenant.adminTokens.accessToken}`;
  });

  const send = (...lines: readonly string[]) => sendRaw(tenant.admin.baseUrl, lines.join(CRLF));

  async function isFine(): Promise<void> {
    expectStatus(await tenant.admin.get('/v1/users?limit=1'), 200);
  }

  it("is answered as the client's fault or hung up on", async () => {
    const requests = [
      ['NONSENSE', '', ''],
      ['GET /v1/users', '', ''],
      ['GET /v1/users HTTP/9.9', 'Host: x', '', ''],
      ['GET /v1/users HTTP/1.1', '', ''],
      ['GET /v1/users HTTP/1.1', 'Host: a', 'Host: b', '', ''],
      ['GET /v1/users HTTP/1.1', 'Host: x', 'Bad Header: 1', '', ''],
      ['GET /v1/users HTTP/1.1', 'Host: x', 'X: a\u0000b', '', ''],
      ['GET http://elsewhere.example/v1/users HTTP/1.1', 'Host: x', '', ''],
      ['GET * HTTP/1.1', 'Host: x', '', ''],
      ['CONNECT 127.0.0.1:22 HTTP/1.1', 'Host: x', '', ''],
      ['TRACE /v1/users HTTP/1.1', 'Host: x', '', ''],
      ['BREW /v1/users HTTP/1.1', 'Host: x', '', ''],
      ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Content-Length: -5', '', ''],
      ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Content-Length: 5', 'Content-Length: 6', '', 'hello!'],
      ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Transfer-Encoding: nonsense', '', ''],
      ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Transfer-Encoding: chunked', '', 'zz', 'x', ''],
      ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Expect: miracles', 'Content-Length: 2', '', '{}'],
      ['GET /v1/users HTTP/1.1', 'Host: x', authorization, 'Connection: Upgrade', 'Upgrade: websocket', '', ''],
    ];
    for (const lines of requests) {
      const answer = await send(...lines);
      for (const status of statusesOf(answer))
        expect([...range(200, 500), 501, 505], `${lines[0] ?? ''}\n${answer}`).toContain(status);
      expect(answer).not.toMatch(/node_modules|at \w+ \(/);
    }
    await isFine();
  });

  it('smuggles no second request by two lengths', async () => {
    const login = `smuggled-${String(Date.now())}`;
    const body = JSON.stringify(newUser({ login }));
    const inner = ['POST /v1/users HTTP/1.1', 'Host: x', authorization, 'Content-Type: application/json'];
    const hidden = [...inner, `Content-Length: ${String(body.length)}`, '', body].join(CRLF);
    const answer = await send(
      ...['POST /v1/token/refresh HTTP/1.1', 'Host: x', 'Content-Type: application/json'],
      ...[`Content-Length: ${String(hidden.length + 5)}`, 'Transfer-Encoding: chunked', '', '0', '', hidden],
    );
    expect(
      statusesOf(answer).every(status => status >= 400 && status < 500),
      answer,
    ).toBe(true);
    const filter = encodeURIComponent(`login eq "${login}"`);
    const found = expectStatus(await tenant.admin.get<Page<User>>(`/v1/users?filter=${filter}`), 200).body.data;
    expect(found).toEqual([]);
  });

  it('keeps pipelined requests apart and in order', async () => {
    const get = (path: string, more: string[] = []) => [`GET ${path} HTTP/1.1`, 'Host: x', ...more, '', ''].join(CRLF);
    const answer = await sendRaw(
      tenant.admin.baseUrl,
      get('/healthz') +
        get('/v1/users') +
        get('/v1/users', [authorization]) +
        get('/v1/nothing', ['Connection: close']),
    );
    expect(statusesOf(answer)).toEqual([200, 401, 200, 404]);
  });

  it('does not wait for ever for a request that never ends', async () => {
    const half = [
      'POST /v1/users HTTP/1.1',
      'Host: x',
      authorization,
      'Content-Type: application/json',
      'Content-Length: 500',
      '',
      '{',
    ];
    await send(...half);
    await send('GET /v1/us');
    await isFine();
  });

  it('answers HEAD without a body and OPTIONS without a fault', async () => {
    const head = await send('HEAD /v1/users HTTP/1.1', 'Host: x', authorization, 'Connection: close', '', '');
    expect(head.split(CRLF + CRLF)[1]).toBe('');
    expect(statusesOf(head)[0]).toBeLessThan(500);
    const options = await send(
      'OPTIONS /v1/users HTTP/1.1',
      'Host: x',
      'Origin: http://evil.example',
      'Connection: close',
      '',
      '',
    );
    expect(statusesOf(options)[0]).toBeLessThan(500);
    expect(options.toLowerCase()).not.toContain('access-control-allow-origin: http://evil.example');
    expect(options.toLowerCase()).not.toContain('access-control-allow-origin: *');
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
