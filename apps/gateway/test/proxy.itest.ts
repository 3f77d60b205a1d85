import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';
import { openSocket, problemOf, rawHttp, statusOf } from './raw-http.js';

const MIB = 1024 * 1024;
const DEADLINE_MS = 1_500;

describe('the proxy', () => {
  let under: GatewayUnderTest;
  let signedIn: Record<string, string>;

  beforeAll(async () => {
    under = await GatewayUnderTest.start({
      REQUEST_DEADLINE_MS: String(DEADLINE_MS),
      MAX_IMPORT_BYTES: String(64 * MIB),
      MAX_IN_FLIGHT: '50',
    });
    signedIn = await under.signedIn();
  });
  afterAll(() => under.stop());
  beforeEach(() => {
    under.users.reset();
    under.webhooks.reset();
  });

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${under.url}${path}`, { ...init, headers: { ...signedIn, ...(init.headers as Record<string, string>) } });
  const post = (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = { 'content-type': 'application/json' },
    path = '/v1/users',
  ) => call(path, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

  /** A request whose body is written by the test, piece by piece. */
  function upload(headers: Record<string, string | number>, path = '/v1/users/import') {
    const request = httpRequest(`${under.url}${path}`, { method: 'POST', headers: { ...signedIn, ...headers } });
    const answer = once(request, 'response').then(([response]) => response as IncomingMessage);
    // Some of these requests are broken off on purpose; who waits for the answer sees it.
    answer.catch(() => undefined);
    return { request, answer };
  }

  it('passes bodies on byte for byte, whatever they say', async () => {
    const received: Buffer[] = [];
    under.users.handler = (request, response) => {
      request.on('data', (chunk: Buffer) => received.push(chunk)).on('end', () => response.writeHead(201).end());
    };
    const body = Buffer.concat([Buffer.from('{"a": 1,  "a": 2, broken'), randomBytes(1000)]);
    expect((await post(body)).status).toBe(201);
    expect(Buffer.concat(received).equals(body)).toBe(true);
  });

  it('hands over an upload while it is still being sent', async () => {
    const chunks: string[] = [];
    under.users.handler = (request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
      request.on('end', () => response.end('done'));
    };
    const { request, answer } = upload({ 'content-type': 'text/csv' });
    request.write('first\n');
    await eventually(() => chunks.join('') === 'first\n');
    request.write('second\n');
    await eventually(() => chunks.join('') === 'first\nsecond\n');
    request.end();
    expect((await answer).statusCode).toBe(200);
  });

  it('slows the sender down to the pace of the service, and keeps nothing', async () => {
    let resume: () => void = () => undefined;
    under.users.handler = (request, response) => {
      request.pause();
      resume = () => void request.resume();
      request.on('end', () => response.end());
    };
    const total = 48 * MIB;
    const { request, answer } = upload({ 'content-type': 'text/csv', 'content-length': total });
    const piece = randomBytes(64 * 1024);
    let sent = 0;
    let blocked = false;
    const pump = () => {
      while (sent < total) {
        sent += piece.length;
        if (!request.write(piece)) {
          blocked = true;
          request.once('drain', pump);
          return;
        }
      }
      request.end();
    };
    pump();
    await eventually(() => under.users.seen.length === 1);
    let last = -1;
    await eventually(
      () => {
        const still = sent === last && blocked;
        last = sent;
        return still;
      },
      { everyMs: 200 },
    );
    // What is under way sits in socket buffers; the gateway itself keeps a few stream buffers at most.
    expect(sent).toBeLessThan(24 * MIB);
    resume();
    expect((await answer).statusCode).toBe(200);
    expect(sent).toBe(total);
  });

  it('streams 10 MB down in the order of their coming, before the end is there', async () => {
    const pieces = Array.from({ length: 160 }, () => randomBytes(64 * 1024));
    let finish: () => void = () => undefined;
    under.users.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      for (const piece of pieces.slice(0, -1)) response.write(piece);
      finish = () => void response.end(pieces.at(-1));
    };
    const answer = await call('/v1/users');
    const received: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      received.push(Buffer.from(chunk));
      size += chunk.length;
      if (size === 159 * 64 * 1024) finish();
    }
    expect(Buffer.concat(received).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('slows the service down to the pace of the reader', async () => {
    let written = 0;
    under.users.handler = (_request, response) => {
      const piece = randomBytes(64 * 1024);
      const pump = () => {
        while (written < 256 * MIB) {
          written += piece.length;
          if (!response.write(piece)) {
            response.once('drain', pump);
            return;
          }
        }
        response.end();
      };
      pump();
    };
    const socket = await openSocket(under.port);
    socket.pause();
    socket.write(`GET /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: ${signedIn['authorization']}\r\n\r\n`);
    let last = -1;
    await eventually(
      () => {
        const still = written === last && written > 0;
        last = written;
        return still;
      },
      { everyMs: 200 },
    );
    expect(written).toBeLessThan(32 * MIB);
    socket.destroy();
  });

  it('ends the work of the service when the client goes away', async () => {
    let closed = false;
    under.users.handler = (_request, response) => response.once('close', () => (closed = true));
    const controller = new AbortController();
    const answer = call('/v1/users', { signal: controller.signal });
    await eventually(() => under.users.seen.length === 1);
    controller.abort();
    await expect(answer).rejects.toThrow();
    await eventually(() => closed);
    await eventually(
      async () => (await under.metric('gateway_requests_total{route="/v1/users",method="GET",status="499"')) >= 1,
    );
  });

  it('ends the work of the service when an upload breaks off', async () => {
    let aborted = false;
    under.users.handler = request =>
      void request
        .on('error', () => undefined)
        .resume()
        .once('close', () => (aborted = !request.complete));
    const { request } = upload({ 'content-type': 'text/csv', 'content-length': 1000 });
    request.write('half');
    await eventually(() => under.users.seen.length === 1);
    request.destroy();
    await eventually(() => aborted);
  });

  it('answers 503 when the service takes too long, and stops its work', async () => {
    let closed = false;
    under.users.handler = (_request, response) => response.once('close', () => (closed = true));
    const answer = await call('/v1/users');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
    await eventually(() => closed);
    expect(await under.metric('gateway_upstream_errors_total{upstream="user-lifecycle",reason="deadline"')).toBe(1);
  });

  it('breaks off an answer that does not come to its end in time', async () => {
    under.users.handler = (_request, response) =>
      void response.writeHead(200, { 'content-length': '10' }).write('half');
    const answer = await call('/v1/users');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('gives imports the time they need', async () => {
    const { request, answer } = upload({ 'content-type': 'application/x-ndjson' });
    request.write('{}\n');
    await eventually(() => under.users.seen.length === 1);
    const begin = performance.now();
    await eventually(() => performance.now() - begin > DEADLINE_MS * 1.3, { timeoutMs: DEADLINE_MS * 3 });
    request.end('{}\n');
    expect((await answer).statusCode).toBe(200);
  });

  it('passes server-sent events on one by one, beyond the deadline, until the client leaves', async () => {
    let send: (event: string) => void = () => undefined;
    let closed = false;
    under.users.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = event => void response.write(`data: ${event}\n\n`);
      response.once('close', () => (closed = true));
    };
    const controller = new AbortController();
    const answer = await call('/v1/me', { signal: controller.signal, headers: { accept: 'text/event-stream' } });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    send('one');
    expect((await reader.read()).value).toBe('data: one\n\n');
    const begin = performance.now();
    await eventually(() => performance.now() - begin > DEADLINE_MS * 1.3, { timeoutMs: DEADLINE_MS * 3 });
    send('two');
    expect((await reader.read()).value).toBe('data: two\n\n');
    controller.abort();
    await eventually(() => closed);
  });

  it('answers 503 while a service is down, and works again when it is back', async () => {
    const { port } = under.users;
    await under.users.stop();
    for (const answer of [await call('/v1/users'), await post('{}')]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
    }
    const ready = await fetch(`${under.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: 'not_ready',
      checks: { 'user-lifecycle': expect.stringContaining('cannot be reached') as string, 'webhook-dispatcher': 'ok' },
    });
    await under.users.listen(port);
    expect((await call('/v1/users')).status).toBe(200);
    await eventually(async () => (await fetch(`${under.url}/readyz`)).status === 200);
  });

  it('answers 503 when the connection breaks or speaks no HTTP', async () => {
    under.users.handler = request => request.socket.destroy();
    expect((await call('/v1/users')).status).toBe(503);
    expect((await post('{}')).status).toBe(503);
    under.users.handler = request => request.socket.end('nonsense\r\n\r\n');
    expect((await call('/v1/users')).status).toBe(503);
  });

  it('asks once more over a new connection when the service closed the kept one', async () => {
    let asked = 0;
    under.users.handler = (request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end('second');
    };
    expect(await (await call('/v1/users')).text()).toBe('second');
    asked = 0;
    expect((await post('{}')).status).toBe(503);
  });

  it('refuses a body that is too large, before and while it comes', async () => {
    const declared = await post('x'.repeat(MIB + 1));
    expect(declared.status).toBe(413);
    expect(await declared.json()).toMatchObject({ code: 'body_too_large' });
    expect(under.users.seen).toEqual([]);
    under.users.handler = request => void request.resume();
    const { request, answer } = upload(
      { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      '/v1/users',
    );
    const piece = 'x'.repeat(64 * 1024);
    for (let sent = 0; sent < 20; sent += 1) request.write(piece);
    request.end();
    expect((await answer).statusCode).toBe(413);
    under.users.reset();
    expect((await post('x'.repeat(MIB))).status).toBe(200);
  });

  it('asks for a body only when it may come', async () => {
    const head = (length: number) =>
      `POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: ${signedIn['authorization']}\r\ncontent-type: application/json\r\n` +
      `content-length: ${length}\r\nexpect: 100-continue\r\n\r\n`;
    const refused = await openSocket(under.port);
    refused.write(head(2 * MIB));
    await eventually(() => refused.received().includes('\r\n\r\n'));
    expect(statusOf(refused.received())).toBe(413);
    refused.destroy();
    const wanted = await openSocket(under.port);
    wanted.write(head(2));
    await eventually(() => wanted.received().startsWith('HTTP/1.1 100'));
    wanted.write('{}');
    await eventually(() => wanted.received().includes('HTTP/1.1 200'));
    wanted.destroy();
  });

  it('takes no more than 64 KiB from whoever is not signed in', async () => {
    const body = (length: number) => ({
      method: 'POST',
      body: JSON.stringify('x'.repeat(length)),
      headers: { 'content-type': 'application/json' },
    });
    expect((await fetch(`${under.url}/v1/login`, body(80_000))).status).toBe(413);
    expect((await fetch(`${under.url}/v1/login`, body(60_000))).status).toBe(404);
    expect((await post(JSON.stringify('x'.repeat(80_000)))).status).toBe(200);
  });

  it('refuses other media types, encodings, and bodies where there are none', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'text/csv', '']) {
      const answer = await post(Buffer.from('x'), type === '' ? {} : { 'content-type': type });
      expect([answer.status, ((await answer.json()) as { code: string }).code], type).toEqual([
        415,
        'unsupported_media_type',
      ]);
    }
    expect((await post('{}', { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(200);
    expect((await post('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' })).status).toBe(415);
    const merge = await call('/v1/users/usr_1', {
      method: 'PATCH',
      body: '{}',
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(merge.status).toBe(200);
    const get = await rawHttp(
      under.port,
      `GET /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: ${signedIn['authorization']}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
    );
    expect(problemOf(get)).toMatchObject({ status: 400, code: 'body_not_allowed' });
  });

  it('answers 503 overloaded when too much is under way', async () => {
    under.users.handler = () => undefined;
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const waiting = controllers.map(({ signal }) => call('/v1/users', { signal }).catch(() => undefined));
    await eventually(() => under.users.seen.length === 50);
    const answer = await call('/v1/users');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'overloaded']);
    expect((await call('/v1/hooks')).status).toBe(200);
    for (const controller of controllers) controller.abort();
    await Promise.all(waiting);
    under.users.reset();
    await eventually(async () => (await call('/v1/users')).status === 200);
  });

  it("passes the service's own refusals and headers on as they are", async () => {
    under.users.handler = (_request, response) => {
      response.writeHead(422, {
        'content-type': 'application/problem+json',
        etag: '"7"',
        location: '/v1/users/x',
        server: 'x',
        'x-powered-by': 'x',
      });
      response.end('{"code":"hook_refused"}');
    };
    const answer = await call('/v1/users');
    expect(answer.status).toBe(422);
    expect(answer.headers.get('etag')).toBe('"7"');
    expect(answer.headers.get('location')).toBe('/v1/users/x');
    expect(answer.headers.get('server')).toBeNull();
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(await answer.text()).toBe('{"code":"hook_refused"}');
  });
});
