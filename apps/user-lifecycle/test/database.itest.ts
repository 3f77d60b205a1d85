import type { AuditRecord } from '@countersign/contracts';
import { newId } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { describeDatabase } from '@countersign/testing';
import { AttributeCatalogRepository } from '../src/attributes/attribute-catalog.repository.js';
import { AuditRepository } from '../src/audit/audit.repository.js';
import { GroupRepository } from '../src/groups/group.repository.js';
import type { Group } from '../src/groups/group.schema.js';
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
    'AuditRepository.addAll': {
      prepare: tx => audit.addAll(tx, [fact, fact]),
      attempt: tx => tx.query('select id from audit_log'),
    },
  },
});
