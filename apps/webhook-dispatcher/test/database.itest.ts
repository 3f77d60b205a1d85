import { newId, type TenantId } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { EnvelopeEncryption } from '@countersign/platform';
import { describeDatabase } from '@countersign/testing';
import { newDelivery, newEvent } from '../src/deliveries/new-delivery.js';
import { DeliveryLogRepository } from '../src/deliveries/delivery-log.repository.js';
import { BreakerRepository } from '../src/dispatch/breaker.repository.js';
import { ClaimRepository } from '../src/dispatch/claim.repository.js';
import { CompletionRepository } from '../src/dispatch/completion.repository.js';
import { DeliveryQueueRepository, type NewDelivery } from '../src/dispatch/delivery-queue.repository.js';
import { EndpointRepository, type NewEndpoint } from '../src/endpoints/endpoint.repository.js';
import { SubscriptionRepository } from '../src/endpoints/subscription.repository.js';
import { service } from '../src/service.js';

const encryption = EnvelopeEncryption.fromJson({ current: 'k', keys: { k: Buffer.alloc(32).toString('base64') } });
const endpoints = new EndpointRepository(encryption);
const subscriptions = new SubscriptionRepository();
const breakers = new BreakerRepository();
const queue = new DeliveryQueueRepository();
const claims = new ClaimRepository();
const completions = new CompletionRepository();
const log = new DeliveryLogRepository();
const CLAIM = '00000000-0000-7000-8000-000000000001';

const endpoint: NewEndpoint = {
  id: 'ep_1',
  name: 'R',
  url: 'https://hooks.example.com',
  enabled: true,
  disabledReason: null,
  hooks: [{ hook: 'postCreateUser', mode: 'notify', failurePolicy: null, timeoutMs: null, path: null }],
  headers: { 'x-key': 'v' },
  auth: { type: 'bearer', token: 't' },
  token: { roles: ['AUDITOR'], ttlSeconds: 600 },
  caBundle: null,
  echo: false,
  ordered: false,
  retrySchedule: null,
  rateLimit: null,
  maxConcurrency: null,
};

interface Known {
  tenantId: TenantId;
  id: string;
}

async function saveEndpoint(tx: TenantTransaction): Promise<Known> {
  const id = newId('ep');
  await endpoints.insert(tx, { ...endpoint, id });
  await endpoints.addSecret(tx, id, 'whsec_c2VjcmV0');
  await tx.query(
    `insert into endpoint_state (tenant_id, endpoint_id, failures, opened, open_until) values ($1, $2, 5, 1, now())`,
    [tx.tenantId, id],
  );
  return { tenantId: tx.tenantId, id };
}

async function saveDelivery(tx: TenantTransaction) {
  const event = newEvent({
    tenantId: tx.tenantId,
    sourceEventId: null,
    hook: 'postCreateUser',
    userId: 'usr_1',
    body: '{}',
    traceparent: '',
  });
  const delivery = newDelivery(event, { endpointId: endpoint.id, ordered: false, retrySchedule: null }, 'notify', {
    claim: true,
  });
  await queue.insertEvents(tx, [event]);
  await queue.insertDeliveries(tx, CLAIM, [delivery]);
  return delivery;
}

async function saveLogged(tx: TenantTransaction) {
  const delivery = await saveDelivery(tx);
  await log.discardWaiting(tx, endpoint.id, 'test');
  await tx.query(`update delivery_log set awaited = true where tenant_id = $1`, [tx.tenantId]);
  await tx.query(
    `insert into attempt (tenant_id, delivery_at, delivery_id, id, number, endpoint_id, started_at, duration_ms, succeeded, transport, url,
       request_headers, response_truncated) values ($1, $2, $3, 'att_1', 1, $4, now(), 1, true, 'answered', '', '{}', false)`,
    [tx.tenantId, delivery.createdAt, delivery.id, endpoint.id],
  );
  return delivery;
}

describeDatabase(service, {
  sources: new URL('../src', import.meta.url),
  repositories: {
    'EndpointRepository.find': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => endpoints.find(tx, id, true) },
    'EndpointRepository.list': { prepare: saveEndpoint, attempt: tx => endpoints.list(tx, 10, undefined) },
    'EndpointRepository.principalSync': {
      prepare: saveEndpoint,
      attempt: (tx, { id }: Known) => endpoints.principalSync(tx, id),
    },
    'EndpointRepository.disable': {
      prepare: saveEndpoint,
      attempt: (tx, { id }: Known) => endpoints.disable(tx, id, 'x', 1),
    },
    'EndpointRepository.replace': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => replaceForeign(tx, id) },
    'EndpointRepository.markDeleted': {
      prepare: saveEndpoint,
      attempt: (tx, { id }: Known) => endpoints.markDeleted(tx, id),
    },
    'EndpointRepository.remove': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => endpoints.remove(tx, id) },
    'EndpointRepository.touch': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => endpoints.touch(tx, id) },
    'EndpointRepository.principalDone': {
      prepare: saveEndpoint,
      attempt: (tx, { id }: Known) => endpoints.principalDone(tx, id, 1),
    },
    'EndpointRepository.retireSecrets': {
      prepare: saveEndpoint,
      attempt: (tx, { id }: Known) => endpoints.retireSecrets(tx, id, new Date()),
    },
    'SubscriptionRepository.ofHooks': {
      prepare: saveEndpoint,
      attempt: tx => subscriptions.ofHooks(tx, ['postCreateUser']),
    },
    'SubscriptionRepository.notified': {
      prepare: saveEndpoint,
      attempt: (tx, { tenantId }: Known) => subscriptions.notified(tx, [tenantId], ['postCreateUser']),
    },
    'BreakerRepository.find': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => breakers.find(tx, [id]) },
    'BreakerRepository.close': { prepare: saveEndpoint, attempt: (tx, { id }: Known) => breakers.close(tx, id) },
    'BreakerRepository.takeProbe': {
      prepare: saveEndpoint,
      attempt: (tx, { tenantId, id }: Known) => breakers.takeProbe(tx, tenantId, id),
    },
    'BreakerRepository.returnProbe': {
      prepare: saveEndpoint,
      attempt: (tx, { tenantId, id }: Known) => breakers.returnProbe(tx, tenantId, id),
    },
    'BreakerRepository.readVersions': {
      prepare: saveEndpoint,
      attempt: (tx, known: Known) => breakers.readVersions(tx, [known]),
    },
    'DeliveryQueueRepository.claim': {
      prepare: saveDelivery,
      attempt: (tx, { tenantId }: NewDelivery) =>
        queue.claim(tx, CLAIM, [
          { tenantId, endpointId: endpoint.id, ordered: false, probing: false, age: 0, limit: 10 },
        ]),
    },
    'DeliveryQueueRepository.dueEndpoints': { prepare: saveDelivery, attempt: tx => queue.dueEndpoints(tx, 10) },
    'ClaimRepository.otherClaims': {
      prepare: saveDelivery,
      attempt: tx => claims.otherClaims(tx, '00000000-0000-7000-8000-000000000002'),
    },
    'ClaimRepository.reclaim': { prepare: saveDelivery, attempt: tx => claims.reclaim(tx, [CLAIM]) },
    'ClaimRepository.reclaimExpired': { prepare: saveDelivery, attempt: tx => claims.reclaimExpired(tx, 0) },
    'ClaimRepository.renew': {
      prepare: saveDelivery,
      attempt: (tx, { id }: NewDelivery) => claims.renew(tx, CLAIM, 0, [id]),
    },
    'CompletionRepository.write': {
      prepare: saveDelivery,
      attempt: (tx, { tenantId, id }: NewDelivery) =>
        completions.write(tx, CLAIM, [
          { kind: 'finished', state: 'succeeded', finishedAt: new Date(), job: { tenantId, id } as never },
        ]),
    },
    'DeliveryLogRepository.list': { prepare: saveLogged, attempt: async tx => (await log.list(tx, [], 10)).rows },
    'DeliveryLogRepository.find': { prepare: saveLogged, attempt: (tx, key: NewDelivery) => log.find(tx, key) },
    'DeliveryLogRepository.attempts': { prepare: saveLogged, attempt: (tx, key: NewDelivery) => log.attempts(tx, key) },
    'DeliveryLogRepository.body': { prepare: saveLogged, attempt: (tx, key: NewDelivery) => log.body(tx, key) },
    'DeliveryLogRepository.setVerdict': {
      prepare: saveLogged,
      attempt: (tx, key: NewDelivery) => log.setVerdict(tx, key, 'answer_invalid', 'x'),
    },
    'DeliveryLogRepository.requeue': {
      prepare: saveLogged,
      attempt: (tx, key: NewDelivery) => log.requeue(tx, key, new Date()),
    },
    'DeliveryLogRepository.hurry': { prepare: saveDelivery, attempt: (tx, key: NewDelivery) => log.hurry(tx, key.id) },
    'DeliveryLogRepository.discardWaiting': {
      prepare: saveDelivery,
      attempt: tx => log.discardWaiting(tx, endpoint.id, 'x'),
    },
  },
});

async function replaceForeign(tx: TenantTransaction, id: string): Promise<void> {
  await endpoints.replace(tx, { ...endpoint, id, hooks: [] }, true);
}
