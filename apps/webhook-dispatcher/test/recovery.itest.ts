import { UnitOfWork } from '@countersign/persistence';
import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, someUser, type TestTenant } from './harness.js';
import { ReplicaProcess } from './replica-process.js';

const CREATED = '/webhook/postCreateUser';
const UPDATED = '/webhook/postUpdateUser';
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('replicas that die', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;
  let replica: ReplicaProcess;

  beforeAll(async () => {
    harness = await Harness.start({ WEBHOOK_LEASE_SECONDS: '4' });
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(async () => {
    await replica.kill();
    await receiver.stop();
  });

  const userOf = (request: { json: unknown }) =>
    (request.json as { request: { user: { id: string; country: string } } }).request.user;
  const left = () =>
    harness.dispatcher.app
      .get(UnitOfWork)
      .run(tenant.id, tx => tx.query(`select claim_id from delivery where tenant_id = $1`, [tenant.id]));

  /** Sends users until the replica works on some of them. */
  async function keepBusy(): Promise<string[]> {
    const ids: string[] = [];
    await eventually(
      async () => {
        const users = Array.from({ length: 60 }, () => someUser());
        ids.push(...users.map(({ id }) => id));
        await tenant.users(users.map(user => ({ user })));
        await pause(100);
        expect(await replica.metric('webhook_in_flight')).toBeGreaterThan(0);
      },
      { timeoutMs: 20_000 },
    );
    return ids;
  }

  it('loses nothing to a kill -9; what was in flight is sent again within seconds', { timeout: 90_000 }, async () => {
    // The lease alone would take an hour: the freed lock is what tells.
    replica = await ReplicaProcess.start(harness, { WEBHOOK_LEASE_SECONDS: '3600' });
    await tenant.endpoint(receiver, ['postCreateUser']);
    receiver.answer(CREATED, async () => {
      await pause(300);
      return answers.json({});
    });
    const ids = await keepBusy();
    const inFlight = await replica.metric('webhook_held');
    await replica.kill();
    await eventually(() => new Set(receiver.requests.map(request => userOf(request).id)).size === ids.length, {
      timeoutMs: 60_000,
    });
    await eventually(async () => (await left()).length === 0, { timeoutMs: 60_000 });
    expect(await tenant.deliveries('state eq "succeeded"')).toHaveLength(Math.min(50, ids.length));
    // At least once: only what the dead one held can come twice.
    expect(receiver.requests.length - ids.length).toBeLessThanOrEqual(inFlight + 64);
    const twice = receiver.requests.filter(
      (request, index) => receiver.requests.findIndex(other => userOf(other).id === userOf(request).id) !== index,
    );
    for (const request of twice) {
      const first = receiver.requests.find(other => userOf(other).id === userOf(request).id)!;
      expect(request.headers['webhook-id']).toBe(first.headers['webhook-id']);
    }
  });

  it(
    'takes over from one that hangs when its lease is over, and the sleeper changes nothing afterwards',
    { timeout: 90_000 },
    async () => {
      replica = await ReplicaProcess.start(harness, { WEBHOOK_LEASE_SECONDS: '4' });
      await tenant.endpoint(receiver, ['postCreateUser']);
      let slow = true;
      receiver.answer(CREATED, async () => {
        if (slow) await pause(2_000);
        return answers.json({});
      });
      const ids = await keepBusy();
      // All are in the queue, so what the sleeper holds is deliveries, not an open transaction of the fan-out.
      await eventually(
        async () => (await left()).length + (await tenant.deliveries('state eq "succeeded"')).length >= ids.length,
      );
      replica.signal('SIGSTOP');
      slow = false;
      expect((await left()).length).toBeGreaterThan(0);
      await eventually(() => new Set(receiver.requests.map(request => userOf(request).id)).size === ids.length, {
        timeoutMs: 60_000,
      });
      await eventually(async () => (await left()).length === 0, { timeoutMs: 60_000 });
      replica.signal('SIGCONT');
      await eventually(async () => (await fetch(`${replica.managementUrl}/healthz`)).status === 200);
      expect(await left()).toEqual([]);
    },
  );

  it('keeps one user’s order across replicas', { timeout: 90_000 }, async () => {
    replica = await ReplicaProcess.start(harness);
    await tenant.endpoint(receiver, ['preUpdateUser', 'postUpdateUser']);
    receiver.answer(UPDATED, async () => {
      await pause(5);
      return answers.json({});
    });
    const users = Array.from({ length: 20 }, () => someUser());
    for (let change = 1; change <= 10; change++) {
      await tenant.users(
        users.map(user => ({ user: { ...user, country: `C${change}`, version: change + 1 }, created: false })),
      );
    }
    await receiver.waitFor(UPDATED, 200, 60_000);
    for (const { id } of users) {
      const seen = receiver
        .requestsTo(UPDATED)
        .filter(request => userOf(request).id === id)
        .map(request => userOf(request).country);
      expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => `C${index + 1}`));
    }
  });
});
