import { UnitOfWork } from '@countersign/persistence';
import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Harness, someUser } from './harness.js';

const HOUR_MS = 3_600_000;

let harness: Harness;
let receiver: WebhookReceiver;

beforeAll(async () => {
  [harness, receiver] = await Promise.all([Harness.start(), WebhookReceiver.start()]);
});
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  await receiver.stop();
  await harness.stop();
});

it('tries again after the wait of the schedule though its clock was set back by an hour during the attempt', async () => {
  const tenant = await harness.tenant();
  await tenant.endpoint(receiver, ['postCreateUser']);
  receiver.answer('/webhook/postCreateUser', () => {
    vi.useRealTimers();
    return answers.status(503);
  });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
  await tenant.users([{ user: someUser() }]);
  await eventually(async () => {
    const rows = await harness.dispatcher.app
      .get(UnitOfWork)
      .run(tenant.id, tx =>
        tx.query<{ wait: string }>(
          `select extract(epoch from due_at - now()) as wait from delivery where tenant_id = $1 and attempts = 1`,
          [tenant.id],
        ),
      );
    expect(rows).toHaveLength(1);
    expect(Number(rows[0]!.wait)).toBeLessThan(60);
  });
});
