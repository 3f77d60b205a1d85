import { eventually } from '@countersign/testing';
import { describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';
import { openSocket } from './raw-http.js';

describe('stopping', () => {
  it('lets what is under way finish, ends streams, closes kept connections and takes nothing new', async () => {
    const under = await GatewayUnderTest.start();
    const signedIn = await under.signedIn();
    let finish: () => void = () => undefined;
    under.users.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"slow":');
      finish = () => void response.end('true}');
    };
    under.webhooks.handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n');
    };
    const slow = await fetch(`${under.url}/v1/users`, { headers: signedIn });
    const stream = await fetch(`${under.url}/v1/hooks`, { headers: signedIn });
    const events = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await events.read()).value).toBe('data: hello\n\n');
    const idle = await openSocket(under.port);
    idle.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => idle.received().includes('alive'));

    let idleClosed = false;
    idle.once('close', () => (idleClosed = true));
    let stopped = false;
    const stopping = under.stop().then(() => (stopped = true));
    expect((await events.read()).done).toBe(true);
    await eventually(() => idleClosed);
    await eventually(async () => {
      const connected = await openSocket(under.port).then(
        socket => socket.destroy(),
        () => undefined,
      );
      return connected === undefined;
    });
    expect(stopped).toBe(false);
    finish();
    expect(await slow.json()).toEqual({ slow: true });
    await stopping;
  });
});
