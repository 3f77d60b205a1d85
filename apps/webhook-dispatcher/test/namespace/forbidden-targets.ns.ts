import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { makeTestCertificates } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, type ShownEndpoint, type TestTenant } from '../harness.js';
import { NameServer } from './name-server.js';

const PORT = 8443;
const CLOSED = 8444;

interface Tested extends ShownEndpoint {
  test: { ok: boolean; error?: string; response: unknown };
}

/**
 * Every address of these tests is on the loopback interface of this namespace and something listens there: would the guard
 * let one through, it would be reached, and nothing else could be.
 */
describe('targets that webhooks must not reach, on real sockets', () => {
  const reached: string[] = [];
  const servers: Server[] = [];
  const tls = makeTestCertificates(['hooks.example.test', '8.8.8.8', '10.9.0.7', '127.0.0.1', '169.254.169.254']);
  let names: NameServer;
  let harness: Harness;
  let tenant: TestTenant;
  let answer: { status: number; headers?: Record<string, string> } = { status: 200 };

  beforeAll(async () => {
    expect(Object.keys(networkInterfaces()), 'only loopback exists here').toEqual(['lo']);
    names = await NameServer.start('127.0.0.1', 53);
    const receiver = createHttps({ key: tls.key, cert: tls.cert }, (request, response) => {
      request.resume();
      response.writeHead(answer.status, { connection: 'close', ...answer.headers }).end('{}');
    });
    receiver.on('connection', (socket: Socket) => reached.push(socket.localAddress ?? ''));
    const plain = createTcp(socket => {
      reached.push(socket.localAddress ?? '');
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    });
    servers.push(receiver, plain);
    await new Promise<void>(resolve => receiver.listen(PORT, '::', resolve));
    await new Promise<void>(resolve => plain.listen(80, '::', resolve));
    harness = await Harness.start({ WEBHOOK_ALLOWED_PRIVATE: '10.9.0.0/16', WEBHOOK_DENIED_PORTS: String(CLOSED) });
    tenant = await harness.tenant();
  }, 60_000);
  afterAll(async () => {
    await harness?.stop();
    names?.stop();
    for (const server of servers) server.close();
  });
  beforeEach(() => {
    reached.length = 0;
    answer = { status: 200 };
  });

  async function save(url: string) {
    const { status, body } = await tenant.admin.post('/v1/webhook-endpoints?test=true', {
      name: 'R',
      url,
      caBundle: tls.ca,
    });
    return { status, body: body as Tested };
  }

  it('reaches a public address and a private one that the operator allowed: the control', async () => {
    names.set('hooks.example.test', ['8.8.8.8']);
    expect((await save(`https://hooks.example.test:${PORT}/webhook`)).body.test).toMatchObject({ ok: true });
    expect((await save(`https://10.9.0.7:${PORT}/`)).body.test).toMatchObject({ ok: true });
    expect((await save('http://10.9.0.7/')).body.test).toMatchObject({ ok: true });
    expect(reached).toEqual(['::ffff:8.8.8.8', '::ffff:10.9.0.7', '::ffff:10.9.0.7']);
  });

  it.each([
    'https://127.0.0.1:8443/', 'https://localhost:8443/', 'https://127.1:8443/', 'https://0.0.0.0:8443/', 'https://[::1]:8443/', 'https://[::]:8443/',
    'https://169.254.169.254:8443/', 'https://10.0.0.5:8443/', 'https://192.168.1.1:8443/', 'https://100.64.0.1:8443/', 'https://[fd00::1]:8443/',
    'https://[::ffff:10.0.0.5]:8443/', 'https://[64:ff9b::7f00:1]:8443/', 'https://[2002:7f00:1::1]:8443/', `https://10.9.0.7:${CLOSED}/`,
    'http://8.8.8.8/', 'http://127.0.0.1/',
  ])('refuses to save %s', async url => {
    expect((await save(url)).status).toBe(422);
    expect(reached).toEqual([]);
  }); // prettier-ignore

  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback by IPv6', ['::1']],
    ['the metadata service', ['169.254.169.254']],
    ['a private address', ['10.0.0.5']],
    ['a unique local address', ['fd00::1']],
    ['a mapped address', ['::ffff:10.0.0.5']],
    ['an embedded address', ['64:ff9b::a00:5']],
    ['a public and a private address', ['8.8.8.8', '10.0.0.5']],
    ['a public IPv4 and a private IPv6 address', ['8.8.8.8', 'fd00::1']],
  ])('does not dial a name that leads to %s', async (what, addresses) => {
    const name = `${what.replaceAll(/[^a-z0-9]/gi, '-').toLowerCase()}.example.test`;
    names.set(name, addresses);
    const { status, body } = await save(`https://${name}:${PORT}/`);
    expect(status).toBe(201);
    expect(body.test).toMatchObject({
      ok: false,
      response: null,
      error: expect.stringMatching(/resolves to/) as string,
    });
    expect(reached).toEqual([]);
  });

  it('is not fooled by a name that leads elsewhere a moment later', async () => {
    names.set('rebind.example.test', ['8.8.8.8'], ['127.0.0.1']);
    const first = (await save(`https://rebind.example.test:${PORT}/`)).body;
    // Asked once and dialled there: the certificate is for another name, but it was the public address that was reached.
    expect(reached).toEqual(['::ffff:8.8.8.8']);
    const { body } = await tenant.admin.post(`/v1/webhook-endpoints/${first.id}/test`, undefined);
    expect(body).toMatchObject({
      ok: false,
      error: expect.stringMatching(/rebind.example.test resolves to 127.0.0.1/) as string,
    });
    expect(reached).toEqual(['::ffff:8.8.8.8']);
  });

  it('follows no redirect', async () => {
    names.set('hooks.example.test', ['8.8.8.8']);
    for (const status of [301, 302, 303, 307, 308]) {
      answer = { status, headers: { location: 'http://127.0.0.1/' } };
      expect((await save(`https://hooks.example.test:${PORT}/`)).body.test).toMatchObject({
        ok: false,
        response: { status },
      });
    }
    expect(new Set(reached)).toEqual(new Set(['::ffff:8.8.8.8']));
  });

  it('ignores proxies of the environment', async () => {
    names.set('hooks.example.test', ['8.8.8.8']);
    // Set by who started this: HTTP_PROXY and HTTPS_PROXY name the server on 127.0.0.1:80.
    expect((await save(`https://hooks.example.test:${PORT}/`)).body.test).toMatchObject({ ok: true });
    expect(reached).toEqual(['::ffff:8.8.8.8']);
  });

  it('speaks no http to a public name, though the operator allows some private range', async () => {
    names.set('plain.example.test', ['8.8.8.8']);
    expect((await save('http://plain.example.test/')).body.test).toMatchObject({
      ok: false,
      error: expect.stringMatching(/use https/) as string,
    });
    expect(reached).toEqual([]);
  });
});
