import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answers, makeTestCertificates, WebhookReceiver } from '../src/index.js';

let receiver: WebhookReceiver;
let agent: Agent;

beforeEach(async () => {
  receiver = await WebhookReceiver.start();
  agent = new Agent({ bodyTimeout: 500, headersTimeout: 500 });
});

afterEach(async () => {
  await agent.destroy();
  await receiver.stop();
});

const post = (path: string, body = '{"a":1}') =>
  request(`${receiver.url}${path}`, { method: 'POST', body, headers: { 'X-Tag': 'one' }, dispatcher: agent });

describe('WebhookReceiver', () => {
  it('records what came, and answers 200 {} until told otherwise', async () => {
    const first = await post('/validateUser?x=1', '{"user": {}}');
    expect([first.statusCode, await first.body.json()]).toEqual([200, {}]);
    receiver.answer('/validateUser', answers.json({ errors: 'no' })).answerOnce('/validateUser', answers.status(503));
    expect((await post('/validateUser')).statusCode).toBe(503);
    expect(await (await post('/validateUser', 'not json')).body.json()).toEqual({ errors: 'no' });
    const [one, , three] = await receiver.waitFor('/validateUser', 3);
    expect(one).toMatchObject({ method: 'POST', path: '/validateUser', json: { user: {} } });
    expect(one!.rawBody.toString()).toBe('{"user": {}}');
    expect(one!.headers['x-tag']).toBe('one');
    expect(three!.json).toBeUndefined();
  });

  it('computes an answer from the request', async () => {
    receiver.answer('*', ({ json }) => answers.json({ echo: json }));
    expect(await (await post('/any')).body.json()).toEqual({ echo: { a: 1 } });
  });

  it('hangs, dies and drips', async () => {
    receiver.answer('/hang', answers.hang()).answer('/die', answers.die());
    receiver.answer('/gone', answers.die({ beforeHeaders: true })).answer('/drip', answers.drip(10));
    await expect(post('/hang')).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    const dying = await post('/die');
    expect(dying.statusCode).toBe(200);
    await expect(dying.body.text()).rejects.toThrow();
    await expect(post('/gone')).rejects.toThrow();
    let bytes = 0;
    for await (const chunk of (await post('/drip')).body as AsyncIterable<Buffer>)
      if ((bytes += chunk.length) > 5) break;
    expect(bytes).toBeGreaterThan(5);
  });

  it('floods with as many bytes as it says, and survives a caller that goes away', async () => {
    receiver.answer('/flood', answers.flood(1_000_000)).answer('/endless', answers.flood());
    const { body } = await post('/flood');
    expect((JSON.parse(await body.text()) as string).length).toBe(999_998);
    (await post('/endless')).body.destroy();
    expect((await post('/other')).statusCode).toBe(200);
  });

  it('speaks TLS with a certificate of a private CA', async () => {
    const tls = makeTestCertificates();
    const secure = await WebhookReceiver.start({ tls });
    const trusting = new Agent({ connect: { ca: tls.ca } });
    const strange = new Agent({ connect: { ca: makeTestCertificates().ca } });
    try {
      expect((await request(secure.url, { dispatcher: trusting })).statusCode).toBe(200);
      expect((await request(`https://localhost:${secure.port}`, { dispatcher: trusting })).statusCode).toBe(200);
      await expect(request(secure.url, { dispatcher: strange })).rejects.toThrow(/certificate/i);
    } finally {
      await Promise.all([trusting.destroy(), strange.destroy(), secure.stop()]);
    }
  });
});
