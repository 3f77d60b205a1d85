import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from './api.js';
import { expectProblem } from './problem.js';

const PROBLEM = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  code: 'validation_failed',
  detail: 'A field is wrong.',
  errors: [{ pointer: '/login', code: 'required', message: 'is missing' }],
  traceId: 'abc',
};

describe('ApiClient', () => {
  let server: Server;
  let api: ApiClient;
  let seen: { url?: string; method?: string; headers: IncomingMessage['headers']; body: string; address?: string };

  beforeEach(async () => {
    server = createServer((request, response) => {
      void text(request).then(body => {
        seen = {
          url: request.url,
          method: request.method,
          headers: request.headers,
          body,
          address: request.socket.remoteAddress,
        };
        const broken = request.url?.startsWith('/broken');
        response
          .writeHead(broken ? 400 : 200, { 'content-type': broken ? 'application/problem+json' : 'application/json' })
          .end(JSON.stringify(broken ? PROBLEM : { ok: true }));
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    api = new ApiClient(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, 'tok');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('sends paths byte by byte, so that dot segments and encoded slashes reach the platform', async () => {
    for (const path of ['/v1/../internal/x', '/v1//users', '/v1/users%2f..%2fx', '/v1/users/\\x']) {
      await api.get(path);
      expect(seen.url).toBe(path);
    }
  });

  it('sends the token, JSON and merge patches under their media types', async () => {
    await api.post('/a', { x: 1 });
    expect([seen.method, seen.headers.authorization, seen.headers['content-type'], seen.body]).toEqual([
      'POST',
      'Bearer tok',
      'application/json',
      '{"x":1}',
    ]);
    await api.patch('/a', { x: null });
    expect([seen.method, seen.headers['content-type']]).toEqual(['PATCH', 'application/merge-patch+json']);
    await api.as().delete('/a');
    expect([seen.method, seen.headers.authorization, seen.headers['content-type']]).toEqual([
      'DELETE',
      undefined,
      undefined,
    ]);
  });

  it('speaks from another address of this machine', async () => {
    // Only Linux gives this machine all of 127/8.
    const other = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';
    await api.from(other).get('/a');
    expect(seen.address).toBe(other);
  });

  it('recognises a problem and its pointer, and refuses what is none', async () => {
    const problem = await api.get('/broken');
    expectProblem(problem, { status: 400, code: 'validation_failed', pointer: '/login', detail: 'wrong' });
    expect(() => expectProblem(problem, { status: 400, pointer: '/other' })).toThrow();
    expect(() => expectProblem(problem, { status: 404 })).toThrow();
    const fine = await api.get('/fine');
    expect(() => expectProblem(fine, { status: 200 })).toThrow();
  });
});
