import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePrivateCa } from './certificates.js';
import { dieMidAnswer, echo, hang, hugeAnswer, json, redirect, sequence, status } from './receiver-behaviour.js';
import { WebhookReceiver } from './webhook-receiver.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('WebhookReceiver', () => {
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
  });

  afterEach(() => receiver.stop());

  function post(hook: string, body = '{}', headers: Record<string, string> = {}) {
    return request(`${receiver.url}/${hook}`, { method: 'POST', body, headers });
  }

  it('records the exact bytes and headers and answers {"response":{}} by default', async () => {
    const answer = await post('postCreateUser', '{"a": 1 }', { 'X-Odd': 'Value' });
    expect([answer.statusCode, await answer.body.json()]).toEqual([200, { response: {} }]);
    const [call] = await receiver.waitFor('postCreateUser');
    expect([call?.text, call?.headers['x-odd'], call?.method]).toEqual(['{"a": 1 }', 'Value', 'POST']);
  });

  it('accepts a signature over the exact bytes and refuses one over others', async () => {
    const at = new Date();
    const headers = {
      'webhook-id': 'dlv_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('dlv_1', at, '{"a":1}'),
    };
    await post('good', '{"a":1}', headers);
    await post('bad', '{"a": 1}', headers);
    expect(() => receiver.received('good')[0]?.verify(SECRET)).not.toThrow();
    expect(() => receiver.received('bad')[0]?.verify(SECRET)).toThrow(/signature/i);
  });

  it('plays status, redirect, echo and sequences', async () => {
    receiver.on('a', sequence(status(500), redirect('/elsewhere'), echo()));
    const statuses = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const answer = await post('a', '{"n":1}');
      statuses.push([answer.statusCode, await answer.body.text()]);
    }
    expect(statuses).toEqual([
      [500, ''],
      [307, ''],
      [200, '{"n":1}'],
      [200, '{"n":1}'],
    ]);
  });

  it('dies in the middle of an answer', async () => {
    receiver.on('a', dieMidAnswer());
    const answer = await post('a');
    await expect(answer.body.text()).rejects.toThrow();
  });

  it('hangs until the caller gives up', async () => {
    receiver.on('a', hang());
    const controller = new AbortController();
    const pending = request(`${receiver.url}/a`, { method: 'POST', body: '{}', signal: controller.signal });
    await receiver.waitFor('a');
    controller.abort();
    await expect(pending).rejects.toThrow(/abort/i);
  });

  it('streams an answer of any size', async () => {
    receiver.on('a', hugeAnswer(3 << 20));
    const answer = await post('a');
    let size = 0;
    for await (const chunk of answer.body) size += (chunk as Buffer).length;
    expect(size).toBeGreaterThan(3 << 20);
  });

  it('tells how many calls were missing', async () => {
    receiver.on('a', json({}));
    await post('a');
    await expect(receiver.waitFor('a', { count: 2 }, { deadlineMs: 200 })).rejects.toThrow('only 1 arrived');
  });

  it('speaks TLS with a certificate of a private authority, which only its CA bundle accepts', async () => {
    const ca = await makePrivateCa();
    const secure = await WebhookReceiver.start(ca);
    const trusting = new Agent({ connect: { ca: ca.caBundle } });
    try {
      const send = (dispatcher?: Agent) => request(`${secure.url}/test`, { method: 'POST', body: '{}', dispatcher });
      await expect(send()).rejects.toThrow(/certificate/i);
      expect((await send(trusting)).statusCode).toBe(200);
    } finally {
      await trusting.close();
      await secure.stop();
    }
  });
});
