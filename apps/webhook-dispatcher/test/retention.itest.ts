import { DeliveryFailed, DeliverySucceeded } from '@countersign/contracts';
import { createDataSource, dropPartitions, UnitOfWork } from '@countersign/persistence';
import { answers, eventually, startTestService, WebhookReceiver } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhookDispatcherConfig } from '../src/config.js';
import { SyncPrincipal } from '../src/endpoints/sync-principal.js';
import { ExpireDeliveries } from '../src/retention/expire-deliveries.js';
import { KeepPartitions } from '../src/retention/keep-partitions.js';
import { service } from '../src/service.js';
import { Harness, someUser } from './harness.js';

const CREATED = '/webhook/postCreateUser';

describe('what happens in the background', () => {
  let harness: Harness;
  let uow: UnitOfWork;

  beforeAll(async () => {
    harness = await Harness.start();
    uow = harness.dispatcher.app.get(UnitOfWork);
  });
  afterAll(() => harness.stop());

  async function onTheBus(type: string, deliveryId: string): Promise<boolean> {
    const source = createDataSource({ url: harness.database.adminUrl(), schema: 'bus', applicationName: 'test' });
    await source.initialize();
    try {
      const rows: unknown[] = await source.query(
        `select 1 from bus_log where headers ->> 'ce_type' = $1 and key like $2`,
        [type, `%/${deliveryId}`],
      );
      return rows.length === 1;
    } finally {
      await source.destroy();
    }
  }

  it('tells the bus once how each delivery ended', async () => {
    const tenant = await harness.tenant();
    const receiver = await WebhookReceiver.start();
    await tenant.endpoint(receiver, ['postCreateUser'], { retry: { schedule: [] } });
    receiver.answerOnce(CREATED, answers.status(500));
    await tenant.users([{ user: someUser() }, { user: someUser() }]);
    const calls = await receiver.waitFor(CREATED, 2);
    await eventually(async () =>
      (await tenant.deliveries()).every(({ state }) => state === 'failed' || state === 'succeeded'),
    );
    for (const { headers } of calls) {
      const { state } = await tenant.delivery(headers['webhook-id']!);
      const type = state === 'failed' ? DeliveryFailed.type : DeliverySucceeded.type;
      await eventually(() => onTheBus(type, headers['webhook-id']!));
    }
    await receiver.stop();
  });

  it('gives up what could not be sent in all its time, and discards it where the endpoint is off', async () => {
    const tenant = await harness.tenant();
    const receiver = await WebhookReceiver.start();
    const { id } = await tenant.endpoint(receiver, ['postCreateUser']);
    receiver.answer(CREATED, answers.status(500));
    await tenant.users([{ user: someUser() }]);
    const [first] = await receiver.waitFor(CREATED);
    await tenant.untilState(first!.headers['webhook-id']!, 'retrying');
    const expire = async () => {
      await uow.run(tenant.id, tx =>
        tx.query(`update delivery set expires_at = now() - interval '1 second' where tenant_id = $1`, [tenant.id]),
      );
      await harness.dispatcher.app.get(ExpireDeliveries).execute();
    };
    await expire();
    expect(await tenant.delivery(first!.headers['webhook-id']!)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/all the time that it had/) as string,
    });
    await tenant.users([{ user: someUser() }]);
    const second = (await receiver.waitFor(CREATED, 2))[1];
    await tenant.untilState(second!.headers['webhook-id']!, 'retrying');
    await tenant.admin.patch(`/v1/webhook-endpoints/${id}`, { enabled: false });
    await expire();
    expect(await tenant.delivery(second!.headers['webhook-id']!)).toMatchObject({ state: 'discarded' });
    await receiver.stop();
  });

  it('makes the partitions of the days to come and drops those past their retention', async () => {
    const partitions = () =>
      uow.system('test', async tx => {
        const rows = await tx.query<{ name: string }>(
          `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'attempt'::regclass order by 1`,
        );
        return rows.map(({ name }) => name);
      });
    const keep = harness.dispatcher.app.get(KeepPartitions);
    await keep.execute();
    const before = await partitions();
    const day = (offset: number) =>
      `attempt_${new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`;
    expect(before).toEqual(expect.arrayContaining([day(-1), day(0), day(1), day(2), day(3)]));
    await uow.system('test', async tx => {
      await tx.query(`select ensure_partitions('attempt', (now() at time zone 'UTC')::date - 40, 1)`);
      expect(await dropPartitions(tx, 'attempt', new Date(0))).toBe(0);
    });
    expect(await partitions()).toContain(day(-40));
    await keep.execute();
    expect(await partitions()).toEqual(before);
  });

  it('uses one token for many calls', async () => {
    const tenant = await harness.tenant();
    const receiver = await WebhookReceiver.start();
    const { id } = await tenant.endpoint(receiver, ['validateUser']);
    await Promise.all(Array.from({ length: 20 }, () => tenant.ask('validateUser', { login: 'x' })));
    expect(harness.authority.endpointTokens.filter(({ endpointId }) => endpointId === id)).toHaveLength(1);
    await receiver.stop();
  });

  it('tells auth-mfa of every endpoint that changed, also when it refuses one of them', async () => {
    const [refused, gone] = await Promise.all([harness.tenant(), harness.tenant()]);
    const receiver = await WebhookReceiver.start();
    const first = await refused.endpoint(receiver, ['postCreateUser']);
    const second = await gone.endpoint(receiver, ['postCreateUser']);
    const untold = (tenant: typeof gone, id: string, set: string) =>
      uow.run(tenant.id, tx =>
        tx.query(
          `update webhook_endpoint set updated_at = now() - interval '1 minute', ${set} where tenant_id = $1 and id = $2`,
          [tenant.id, id],
        ),
      );
    await untold(refused, first.id, `principal_sync = 'refresh', token_roles = '{NO_SUCH_ROLE}'`);
    await untold(gone, second.id, `principal_sync = 'revoke', deleted_at = now()`);
    await expect(harness.dispatcher.app.get(SyncPrincipal).sweep()).rejects.toThrow();
    expect(harness.authority.deletedEndpoints).toContain(second.id);
    await receiver.stop();
  });

  it('sends nothing without a token, and all of it once there is one', async () => {
    const own = await Harness.start();
    const receiver = await WebhookReceiver.start();
    try {
      const tenant = await own.tenant();
      await tenant.endpoint(receiver, ['postCreateUser']);
      await own.authority.stop();
      await tenant.users([{ user: someUser() }]);
      const rows = () =>
        own.dispatcher.app
          .get(UnitOfWork)
          .run(tenant.id, tx =>
            tx.query<{ attempts: number; later: boolean }>(
              `select attempts, due_at > now() as later from delivery where tenant_id = $1`,
              [tenant.id],
            ),
          );
      await eventually(async () => expect(await rows()).toEqual([{ attempts: 0, later: true }]));
      expect(receiver.requests).toEqual([]);
    } finally {
      await own.stop();
      await receiver.stop();
    }
  });

  it('stops cleanly: what is in flight ends, what waits goes back to the queue', async () => {
    const { keys, authority, database } = harness;
    const env = { WEBHOOK_ALLOWED_PRIVATE: '127.0.0.0/8', WEBHOOK_SLOTS: '4' };
    await harness.stopDispatcher();
    const first = await startTestService(service, { config: webhookDispatcherConfig, keys, authority, database, env });
    const tenant = await harness.tenant();
    const receiver = await WebhookReceiver.start();
    const admin = first.api.as(await authority.token({ tenantId: tenant.id, roles: ['ORG_ADMIN'] }));
    await admin.post('/v1/webhook-endpoints', {
      name: 'R',
      url: `${receiver.url}/webhook`,
      hooks: [{ hook: 'postCreateUser' }],
    });
    receiver.answer(CREATED, async () => {
      await new Promise(resolve => setTimeout(resolve, 150));
      return answers.json({});
    });
    await tenant.users(
      Array.from({ length: 30 }, () => ({ user: someUser() })),
      first,
    );
    await receiver.waitFor(CREATED, 3);
    await first.stop();
    const sent = receiver.requests.length;
    expect(sent).toBeLessThan(30);
    const second = await startTestService(service, { config: webhookDispatcherConfig, keys, authority, database, env });
    try {
      await receiver.waitFor(CREATED, 30);
      const left = () =>
        second.app
          .get(UnitOfWork)
          .run(tenant.id, tx => tx.query(`select 1 from delivery where tenant_id = $1`, [tenant.id]));
      await eventually(async () => (await left()).length === 0);
      expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(30);
      expect(receiver.requests).toHaveLength(30);
    } finally {
      await second.stop();
      await receiver.stop();
    }
  });
});
