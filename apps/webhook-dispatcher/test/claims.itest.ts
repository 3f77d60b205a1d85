import { randomUUID } from 'node:crypto';
import { UnitOfWork } from '@countersign/persistence';
import { answers, eventually, WebhookReceiver } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hookBody, jobOf, newDelivery, newEvent } from '../src/deliveries/new-delivery.js';
import { ClaimDeliveries } from '../src/dispatch/claim-deliveries.js';
import { DeliveryQueueRepository, type NewDelivery } from '../src/dispatch/delivery-queue.repository.js';
import { Dispatcher } from '../src/dispatch/dispatcher.js';
import type { Job } from '../src/dispatch/job.js';
import { EndpointDirectory } from '../src/endpoints/endpoint-directory.js';
import { Harness, type TestTenant } from './harness.js';

const CREATED = '/webhook/postCreateUser';

describe('claims', () => {
  let harness: Harness;
  let tenant: TestTenant;
  let receiver: WebhookReceiver;
  let uow: UnitOfWork;

  beforeAll(async () => {
    harness = await Harness.start({ WEBHOOK_LEASE_SECONDS: '2' });
    uow = harness.dispatcher.app.get(UnitOfWork);
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    [tenant, receiver] = await Promise.all([harness.tenant(), WebhookReceiver.start()]);
  });
  afterEach(() => receiver.stop());

  async function insert(endpointId: string, claimId: string, more: Partial<NewDelivery>[], then?: string) {
    const queue = harness.dispatcher.app.get(DeliveryQueueRepository);
    const jobs: Job[] = [];
    await uow.run(tenant.id, async tx => {
      for (const each of more) {
        const event = newEvent({
          tenantId: tenant.id,
          sourceEventId: null,
          hook: 'postCreateUser',
          userId: 'usr_1',
          body: hookBody({ user: {} }),
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        });
        const delivery = newDelivery(event, { endpointId, ordered: false, retrySchedule: null }, 'notify', each);
        await queue.insertEvents(tx, [event]);
        await queue.insertDeliveries(tx, claimId, [delivery]);
        jobs.push(jobOf(delivery, event));
      }
      if (then) await tx.query(then, [tenant.id, endpointId]);
    });
    return jobs;
  }

  it('does not keep what it has claimed and does not know of: an unclear commit loses nothing', async () => {
    const { id } = await tenant.endpoint(receiver, ['postCreateUser']);
    await insert(id, harness.dispatcher.app.get(Dispatcher).claimId, [{ claim: true }]);
    await receiver.waitFor(CREATED, 1, 30_000);
  });

  it('keeps what it works on beyond the lease', async () => {
    await tenant.endpoint(receiver, [{ hook: 'preCreateUser', timeoutMs: 10_000 }]);
    receiver.answer('/webhook/preCreateUser', async () => {
      await new Promise(resolve => setTimeout(resolve, 5_000));
      return answers.json({});
    });
    const { body } = await tenant.announce('preCreateUser', { login: 'x' });
    const [delivery] = (body as { deliveries: string[] }).deliveries;
    await tenant.untilState(delivery!, 'succeeded', 30_000);
    expect(receiver.requests).toHaveLength(1);
  });

  it('puts back what it claimed while the breaker opened', async () => {
    const { app } = harness.dispatcher;
    const { id } = await tenant.endpoint(receiver, ['postCreateUser']);
    const dispatcher = app.get(Dispatcher);
    const jobs = await insert(
      id,
      dispatcher.claimId,
      [{ claim: true }],
      `insert into endpoint_state (tenant_id, endpoint_id, failures, opened, open_until) values ($1, $2, 5, 1, now() + interval '1 hour')`,
    );
    await app.get(EndpointDirectory).get(tenant.id, id);
    dispatcher.submitNew(jobs);
    await eventually(async () => {
      const rows = await uow.run(tenant.id, tx =>
        tx.query(`select claim_id from delivery where tenant_id = $1`, [tenant.id]),
      );
      expect(rows).toEqual([{ claim_id: null }]);
    });
  });

  it('takes what is due of a lane at once, in its order, and nothing past one that it cannot have', async () => {
    // Switched off: the dispatcher itself leaves its deliveries alone.
    const { id } = await tenant.endpoint(receiver, ['postCreateUser'], { enabled: false });
    const jobs = await insert(id, randomUUID(), [{}, {}, {}, {}]);
    const ids = jobs.map(job => job.id);
    const queue = harness.dispatcher.app.get(DeliveryQueueRepository);
    const wanted = [{ tenantId: tenant.id, endpointId: id, ordered: false, probing: false, age: 0, limit: 10 }];
    const claim = () => uow.system('claim', tx => queue.claim(tx, randomUUID(), wanted));
    const release = () =>
      uow.system('release', tx => tx.query('update delivery set claim_id = null where tenant_id = $1', [tenant.id]));
    await uow.system('hold the second', async tx => {
      await tx.query('select from delivery where tenant_id = $1 and id = $2 for update', [tenant.id, ids[1]]);
      expect((await claim()).map(job => job.id)).toEqual(ids.slice(0, 1));
    });
    await release();
    // The third is not due before the fourth: its turn comes first all the same.
    await uow.system('put the third off', tx =>
      tx.query(`update delivery set due_at = now() where tenant_id = $1 and id = $2`, [tenant.id, ids[2]]),
    );
    expect((await claim()).map(job => job.id)).toEqual(ids.slice(0, 3));
    expect(await claim()).toEqual([]);
    await release();
    await uow.system('hold none back', tx =>
      tx.query(`update delivery set due_at = created_at where tenant_id = $1`, [tenant.id]),
    );
    expect((await claim()).map(job => job.id)).toEqual(ids);
  });

  it('gives a half-open breaker’s turn back when nothing of the endpoint may be sent yet', async () => {
    const { id } = await tenant.endpoint(receiver, ['validateUser', 'postCreateUser'], { ordered: true });
    receiver.answer('/webhook/validateUser', () => answers.json({ response: {} }));
    await insert(
      id,
      randomUUID(),
      [{ attempts: 5, waitMs: 3_600_000 }, {}],
      `insert into endpoint_state (tenant_id, endpoint_id, failures, opened, open_until) values ($1, $2, 5, 1, now() - interval '1 second')`,
    );
    // The later one is due, and waits for the first.
    await harness.dispatcher.app.get(ClaimDeliveries).execute(randomUUID(), () => 10);
    await eventually(async () =>
      expect((await tenant.ask('validateUser', { login: 'x' })).body).toMatchObject({ outcome: 'unchanged' }),
    );
  });
});
