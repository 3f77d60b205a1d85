import { answers, WebhookReceiver } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, someUser, type TestTenant } from './harness.js';

const CREATED = '/webhook/postCreateUser';

describe('a tenant whose receivers hang', () => {
  let harness: Harness;
  let dead: TestTenant;
  let healthy: TestTenant;
  const receivers: WebhookReceiver[] = [];

  beforeAll(async () => {
    harness = await Harness.start({ WEBHOOK_SLOTS: '20' });
    dead = await harness.tenant();
    healthy = await harness.tenant();
    for (let i = 0; i < 5; i++) receivers.push(await WebhookReceiver.start());
  });
  afterAll(async () => {
    await harness.stop();
    await Promise.all(receivers.map(receiver => receiver.stop()));
  });

  it('costs another tenant nothing, though it would fill every slot', async () => {
    const [fine, ...hanging] = receivers;
    await healthy.endpoint(fine!, ['postCreateUser']);
    for (const receiver of hanging) {
      receiver.answer(CREATED, answers.hang());
      await dead.endpoint(receiver, ['postCreateUser']);
    }
    await dead.users(Array.from({ length: 200 }, () => ({ user: someUser() })));
    await hanging[0]!.waitFor(CREATED);
    await healthy.users(Array.from({ length: 50 }, () => ({ user: someUser() })));
    // Long before the first of the hanging attempts (15 s) is over.
    const start = performance.now();
    await fine!.waitFor(CREATED, 50);
    expect(performance.now() - start).toBeLessThan(12_000);
    expect(hanging.reduce((sum, { requests }) => sum + requests.length, 0)).toBeLessThanOrEqual(10);
  });
});
