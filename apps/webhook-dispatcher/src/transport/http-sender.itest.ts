import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { answers, WebhookReceiver } from '@countersign/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressPolicy, parseCidr } from './address-policy.js';
import { ANSWER_MAX_BYTES } from './bounded-exchange.js';
import { SocketDialer, type Dialer } from './dialer.js';
import { GuardedConnector } from './guarded-connector.js';
import { HttpSender } from './http-sender.js';
import { SystemNameResolver } from './name-resolver.js';

describe('HttpSender', () => {
  let sender: HttpSender;
  const closing: (() => unknown)[] = [];

  function senderBy(dialer: Dialer): HttpSender {
    const policy = new AddressPolicy([parseCidr('127.0.0.0/8')], new Set());
    return new HttpSender(new GuardedConnector(policy, new SystemNameResolver(), dialer));
  }
  beforeEach(() => {
    sender = senderBy(new SocketDialer());
  });
  afterEach(async () => {
    await sender.close();
    for (const close of closing.splice(0)) await close();
  });

  const post = (url: string, deadlineMs = 5_000, by = sender) =>
    by.post({
      poolKey: 'ep_1 1',
      url: new URL(url),
      headers: { 'content-type': 'application/json' },
      body: '{"a":"ä"}',
      deadlineMs,
    });

  async function receiver(): Promise<WebhookReceiver> {
    const started = await WebhookReceiver.start();
    closing.push(() => started.stop());
    return started;
  }

  /** A server that answers each connection's requests by hand. */
  async function server(handle: (socket: Socket, request: number, connection: number) => void): Promise<string> {
    let connections = 0;
    const listening: Server = createServer(socket => {
      const connection = ++connections;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', chunk => {
        if (chunk.toString().startsWith('POST')) handle(socket, ++requests, connection);
      });
    });
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise(resolve => listening.close(resolve)));
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
  }
  const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

  it('does not send again what was answered with more headers than are read', async () => {
    let requests = 0;
    const to = await server(socket => {
      socket.write(++requests === 1 ? OK : `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`);
    });
    await post(to);
    expect(await post(to)).toMatchObject({ transport: 'broken' });
    expect(requests).toBe(2);
  });

  it('sends the exact bytes and keeps the connection', async () => {
    const to = await receiver();
    for (let i = 0; i < 3; i++)
      expect(await post(`${to.url}/a?b=c`)).toMatchObject({
        transport: 'answered',
        status: 200,
        address: '127.0.0.1',
        truncated: false,
      });
    expect(to.requests.map(({ path, rawBody }) => `${path} ${rawBody.toString()}`)).toEqual(
      Array(3).fill('/a {"a":"ä"}'),
    );
    expect(to.requests[0]!.query.get('b')).toBe('c');
  });

  it('tries once more at once when a kept connection turned out to be closed, and not when a fresh one was', async () => {
    const url = await server((socket, request, connection) => {
      if (connection < 3 && request > 1) socket.destroy();
      else socket.write(OK);
    });
    expect((await post(url)).transport).toBe('answered');
    expect((await post(url)).transport).toBe('answered');
    let connections = 0;
    const dead = await server((socket, _, connection) => {
      connections = connection;
      socket.destroy();
    });
    expect((await post(dead)).transport).toBe('not_connected');
    expect(connections).toBe(1);
  });

  it.each([
    ['that hangs', answers.hang()],
    ['that drips', answers.drip(20)],
  ])('ends an attempt at its deadline, the body included, on a receiver %s', async (_name, answer) => {
    const to = await receiver();
    to.answer('/', answer);
    const result = await post(`${to.url}/`, 300);
    expect(result).toMatchObject({ transport: 'timed_out', error: 'no complete answer within 300 ms' });
    expect(result.durationMs).toBeGreaterThanOrEqual(290);
    expect(result.durationMs).toBeLessThan(3_000);
  });

  it('sends nothing after a deadline that passed while it connected', async () => {
    const to = await receiver();
    const connects = Promise.withResolvers<void>();
    const slow = senderBy({
      dial: async (target, timeoutMs) => {
        await connects.promise;
        return new SocketDialer().dial(target, timeoutMs);
      },
    });
    closing.push(() => slow.close());
    expect(await post(`${to.url}/late`, 50, slow)).toMatchObject({ transport: 'timed_out' });
    connects.resolve();
    expect(await post(`${to.url}/next`, 5_000, slow)).toMatchObject({ transport: 'answered' });
    expect(to.requests.map(({ path }) => path)).toEqual(['/next']);
  });

  it('takes an early hint for no answer', async () => {
    const to = await server(socket => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`));
    const result = await post(to);
    expect(result).toMatchObject({ transport: 'answered', status: 200, headers: { 'content-length': '2' } });
    expect(String(result.body)).toBe('{}');
  });

  it('stops reading at its bound', async () => {
    const to = await receiver();
    to.answer('/', answers.flood());
    const result = await post(`${to.url}/`);
    expect(result).toMatchObject({ transport: 'answered', truncated: true });
    expect(result.body).toHaveLength(ANSWER_MAX_BYTES);
  });

  it('tells an answer that broke off from a connection that never gave one', async () => {
    const to = await receiver();
    to.answerOnce('/', answers.die()).answerOnce('/', answers.die({ beforeHeaders: true }));
    expect(await post(`${to.url}/`)).toMatchObject({ transport: 'broken', status: 200 });
    expect((await post(`${to.url}/`)).transport).toBe('not_connected');
    const garbage = await server(socket => socket.end('SSH-2.0-OpenSSH\r\n'));
    expect(await post(garbage)).toMatchObject({
      transport: 'broken',
      error: expect.stringMatching(/not HTTP/) as string,
    });
  });

  it('says why nothing was sent', async () => {
    expect(await post('http://127.0.0.1:1/')).toMatchObject({
      transport: 'not_connected',
      error: expect.stringMatching(/ECONNREFUSED/) as string,
    });
    const denied = await post('http://10.1.2.3/');
    expect(denied).toMatchObject({ transport: 'denied', error: '10.1.2.3 is not a public address' });
    expect(denied).not.toHaveProperty('address');
  });
});
