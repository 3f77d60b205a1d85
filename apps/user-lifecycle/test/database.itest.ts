import type { AuditRecord } from '@countersign/contracts';
import { newId } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { describeDatabase } from '@countersign/testing';
import { AttributeCatalogRepository } from '../src/attributes/attribute-catalog.repository.js';
import { AuditRepository } from '../src/audit/audit.repository.js';
import { GroupRepository } from '../src/groups/group.repository.js';
import type { Group } from '../src/groups/group.schema.js';
import { ImportRowRepository } from '../src/imports/import-row.repository.js';
import { newOperationId, type Operation } from '../src/operations/operation.js';
import { OperationQueueRepository } from '../src/operations/operation-queue.repository.js';
import { OperationRepository } from '../src/operations/operation.repository.js';
import { service } from '../src/service.js';
import { TenantRepository } from '../src/tenants/tenant.repository.js';
import { ReservationsRepository } from '../src/users/reservations.repository.js';
import { newUser } from '../src/users/user-state.js';
import { UserRepository } from '../src/users/user.repository.js';

const [users, groups, tenants] = [new UserRepository(), new GroupRepository(), new TenantRepository()];
const [catalogs, reservations, audit] = [
  new AttributeCatalogRepository(),
  new ReservationsRepository(),
  new AuditRepository(),
];
const [operations, queue] = [new OperationRepository(), new OperationQueueRepository()];
const importRows = new ImportRowRepository();
const token = '01890000-0000-7000-8000-000000000001';
const login = { name: 'login', value: 'theirs' };

async function theirUser(tx: TenantTransaction): Promise<string> {
  const user = newUser(
    newId('usr'),
    'Theirs',
    { firstName: 'T', lastName: 'H', roles: ['ORG_ADMIN'], attributes: { badge: 'B' } },
    new Date(),
  );
  await users.insert(tx, user);
  return user.id;
}

async function theirGroup(tx: TenantTransaction): Promise<Group> {
  const at = new Date().toISOString();
  const group: Group = {
    id: newId('grp'),
    name: 'Theirs',
    description: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
  await groups.insert(tx, group);
  return group;
}

async function theirTenant(tx: TenantTransaction): Promise<void> {
  if (await tenants.find(tx)) return;
  await tenants.insert(tx, {
    id: tx.tenantId,
    name: 'Theirs',
    status: 'active',
    createdAt: new Date().toISOString(),
    version: 1,
  });
}

async function theirCatalog(tx: TenantTransaction): Promise<void> {
  if ((await catalogs.read(tx)).version === 0) await catalogs.create(tx);
}

/** One that waits, with an error, a row and an idempotency key. */
async function theirOperation(tx: TenantTransaction): Promise<string> {
  const id = newOperationId();
  const operation = {
    id,
    kind: 'users.import',
    state: 'receiving',
    params: {},
    starter: { actor: fact.actor, userId: 'usr_1', roles: [], traceparent: '' },
    createdAt: new Date(),
  } as unknown as Operation;
  await operations.insert(tx, operation, 'user:usr_1', { by: token, seconds: 60 });
  await operations.addErrors(tx, id, [{ line: 2, code: 'c', pointer: '', message: 'm' }]);
  await importRows.addAll(tx, id, [{ line: 3, userId: newId('usr'), sealed: Buffer.from('x') }]);
  return id;
}

async function theirPending(tx: TenantTransaction): Promise<string> {
  const id = await theirOperation(tx);
  await operations.submit(tx, id, 1, { idempotencyKey: id, fingerprint: Buffer.from('f') });
  return id;
}

const fact: AuditRecord = {
  id: newId('aud'),
  at: new Date().toISOString(),
  actor: { type: 'system', id: 'system' },
  action: 'user.created',
  target: { type: 'user', id: 'usr_1' },
  changes: {},
  traceId: '',
};

describeDatabase(service, {
  sources: new URL('../src', import.meta.url),
  repositories: {
    'UserRepository.find': { prepare: theirUser, attempt: (tx, id: string) => users.find(tx, id) },
    'UserRepository.lock': { prepare: theirUser, attempt: (tx, id: string) => users.lock(tx, id) },
    'UserRepository.lockBatch': { prepare: theirUser, attempt: tx => users.lockBatch(tx, '', 10) },
    'UserRepository.hasOtherAdmin': { prepare: theirUser, attempt: tx => users.hasOtherAdmin(tx, 'usr_nobody') },
    'UserRepository.save': {
      prepare: async tx => users.find(tx, await theirUser(tx)),
      attempt: (tx, user: NonNullable<Awaited<ReturnType<typeof users.find>>>) =>
        users.save(tx, user, { ...user, firstName: 'Ours', roles: ['USER'], version: 2 }),
    },
    'GroupRepository.find': { prepare: theirGroup, attempt: (tx, { id }: Group) => groups.find(tx, id) },
    'GroupRepository.lock': { prepare: theirGroup, attempt: (tx, { id }: Group) => groups.lock(tx, id) },
    'GroupRepository.existing': { prepare: theirGroup, attempt: (tx, { id }: Group) => groups.existing(tx, [id]) },
    'GroupRepository.lockShared': { prepare: theirGroup, attempt: (tx, { id }: Group) => groups.lockShared(tx, [id]) },
    'GroupRepository.lockBatch': { prepare: theirGroup, attempt: tx => groups.lockBatch(tx, '', 10) },
    'GroupRepository.save': {
      prepare: theirGroup,
      attempt: (tx, group: Group) => groups.save(tx, { ...group, name: 'Ours' }),
    },
    'GroupRepository.markDeleted': {
      prepare: theirGroup,
      attempt: (tx, group: Group) => groups.markDeleted(tx, group),
    },
    'GroupRepository.memberIds': {
      prepare: async tx => {
        const group = await theirGroup(tx);
        await groups.addMember(tx, group.id, await theirUser(tx));
        return group.id;
      },
      attempt: (tx, id: string) => groups.memberIds(tx, id, 10),
    },
    'GroupRepository.removeMember': {
      prepare: async tx => {
        const [group, userId] = [await theirGroup(tx), await theirUser(tx)];
        await groups.addMember(tx, group.id, userId);
        return [group.id, userId];
      },
      attempt: (tx, [groupId, userId]: [string, string]) => groups.removeMember(tx, groupId, userId),
    },
    'TenantRepository.find': { prepare: theirTenant, attempt: tx => tenants.find(tx) },
    'TenantRepository.lock': { prepare: theirTenant, attempt: tx => tenants.lock(tx) },
    'TenantRepository.endCreation': {
      prepare: tx =>
        tenants.beginCreation(tx, { adminUserId: 'usr_1', adminPassword: Buffer.from('x'), attempt: token }, 60),
      attempt: tx => tenants.endCreation(tx, token),
    },
    'AttributeCatalogRepository.read': {
      prepare: theirCatalog,
      attempt: async tx => (await catalogs.read(tx)).version,
    },
    'AttributeCatalogRepository.isUsed': { prepare: theirUser, attempt: tx => catalogs.isUsed(tx, 'badge') },
    'ReservationsRepository.taken': {
      prepare: tx => reservations.reserve(tx, token, 'usr_1', [login]),
      attempt: tx => reservations.taken(tx, [login]),
    },
    'ReservationsRepository.release': {
      prepare: tx => reservations.reserve(tx, token, 'usr_1', [login]),
      attempt: tx => reservations.release(tx, token),
    },
    'ReservationsRepository.freeAll': {
      prepare: async tx => {
        await reservations.reserve(tx, token, 'usr_1', [login]);
        await reservations.confirm(tx, token, [login]);
      },
      attempt: tx => reservations.freeAll(tx, 'usr_1'),
    },
    'ReservationsRepository.holder': {
      prepare: async tx => {
        await reservations.reserve(tx, token, 'usr_1', [login]);
        await reservations.confirm(tx, token, [login]);
      },
      attempt: tx => reservations.holder(tx, login),
    },
    'OperationRepository.find': { prepare: theirPending, attempt: (tx, id: string) => operations.find(tx, id) },
    'OperationRepository.lock': { prepare: theirPending, attempt: (tx, id: string) => operations.lock(tx, id) },
    'OperationRepository.isReceiving': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.isReceiving(tx, id),
    },
    'OperationRepository.countUnfinished': {
      prepare: theirOperation,
      attempt: tx => operations.countUnfinished(tx),
    },
    'OperationRepository.submit': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.submit(tx, id, 1),
    },
    'OperationRepository.findKey': {
      prepare: theirPending,
      attempt: (tx, id: string) => operations.findKey(tx, 'users.import', 'user:usr_1', id),
    },
    'OperationRepository.progress': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.progress(tx, id, token, { done: 1, failed: 1 }),
    },
    'OperationRepository.requestCancel': {
      prepare: theirPending,
      attempt: (tx, id: string) => operations.requestCancel(tx, id),
    },
    'OperationRepository.finish': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.finish(tx, id, token, { state: 'cancelled', done: 0, failed: 0 }),
    },
    'OperationRepository.remove': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.remove(tx, id),
    },
    'OperationRepository.errorsAfter': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.errorsAfter(tx, id, [0, 0], 10),
    },
    'OperationRepository.countErrors': {
      prepare: theirOperation,
      attempt: async (tx, id: string) => (await operations.countErrors(tx, id)).errors,
    },
    'OperationRepository.removeErrors': {
      prepare: theirOperation,
      attempt: (tx, id: string) => operations.removeErrors(tx, id, 10),
    },
    'OperationQueueRepository.claim': { prepare: theirPending, attempt: tx => queue.claim(tx, token, 60, []) },
    'OperationQueueRepository.reclaim': { prepare: theirOperation, attempt: tx => queue.reclaim(tx, [token]) },
    'ImportRowRepository.after': {
      prepare: theirOperation,
      attempt: (tx, id: string) => importRows.after(tx, id, 0, 10),
    },
    'ImportRowRepository.count': { prepare: theirOperation, attempt: (tx, id: string) => importRows.count(tx, id) },
    'ImportRowRepository.remove': {
      prepare: theirOperation,
      attempt: (tx, id: string) => importRows.remove(tx, id, 3),
    },
    'ImportRowRepository.clear': {
      prepare: theirOperation,
      attempt: (tx, id: string) => importRows.clear(tx, id, 10),
    },
    'AuditRepository.addAll': {
      prepare: tx => audit.addAll(tx, [fact, fact]),
      attempt: tx => tx.query('select id from audit_log'),
    },
  },
});
