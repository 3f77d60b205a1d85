import { AuditRecorded, type AuditRecord, type EventEnvelope } from '@countersign/contracts';
import { newId, tenantId, uuid7, type TenantId } from '@countersign/kernel';
import type { UnitOfWork } from '@countersign/persistence';
import { createTestDatabase, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { service } from '../service.js';
import { AuditRepository } from './audit.repository.js';
import { ListAudit } from './list-audit.js';
import { StoreAuditConsumer } from './store-audit-on-audit-recorded.consumer.js';

const [acme, other] = [tenantId('acme'), tenantId('other')];

function fact(tenant: TenantId, target: string): EventEnvelope<AuditRecord> {
  const actor = { type: 'user', id: 'usr_1', delegateeId: 'usr_2' } as const;
  const data: AuditRecord = {
    id: newId('aud'),
    at: new Date().toISOString(),
    actor,
    action: 'user.updated',
    target: { type: 'user', id: target },
    changes: { country: { before: null, after: 'Peru' } },
    traceId: 'a'.repeat(32),
    clientIp: '192.0.2.1',
    userAgent: 'test',
  };
  const { type, version } = AuditRecorded;
  const time = data.at;
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  return {
    id: uuid7(),
    type,
    version,
    source: 'test',
    time,
    tenantId: tenant,
    subject: target,
    traceparent,
    correlationId: 'c',
    actor,
    data,
  };
}

describe('StoreAuditConsumer', () => {
  let database: TestDatabase;
  let uow: UnitOfWork;

  beforeAll(async () => {
    database = await createTestDatabase({ services: [service] });
    uow = (await database.open(service)).uow;
  });
  afterAll(() => database?.close());

  it('keeps each fact of a mixed batch once in its tenant’s log, however often it is delivered', async () => {
    const consumer = new StoreAuditConsumer(uow, new AuditRepository());
    const batch = [fact(acme, 'usr_3'), fact(other, 'usr_4'), fact(acme, 'usr_5')];
    await consumer.onAuditRecorded(batch);
    await consumer.onAuditRecorded([...batch, batch[0]!, fact(acme, 'usr_6')]);
    const list = async (tenant: TenantId) =>
      (await new ListAudit(uow).execute({ tenantId: tenant, sort: 'at', limit: 50 })).data;
    expect((await list(acme)).map(entry => entry.target.id).sort()).toEqual(['usr_3', 'usr_5', 'usr_6']);
    expect(await list(other)).toEqual([batch[1]!.data]);
  });
});
