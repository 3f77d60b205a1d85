import { DomainError, newId } from '@countersign/kernel';
import { sqlState, type TenantTransaction } from '@countersign/persistence';
import { describeDatabase } from '@countersign/testing';
import { NOTHING_KNOWN } from '../src/back-off/back-off.js';
import { LoginBackOffRepository } from '../src/back-off/login-back-off.repository.js';
import { CredentialRepository } from '../src/credentials/credential.repository.js';
import { DirectoryRepository } from '../src/directory/directory.repository.js';
import { LoginTransactionRepository, type LoginTransaction } from '../src/logins/login-transaction.repository.js';
import { ApiKeyRepository } from '../src/principals/api-key.repository.js';
import { EndpointPrincipalRepository } from '../src/principals/endpoint-principal.repository.js';
import { RevocationRepository } from '../src/revocations/revocation.repository.js';
import { service } from '../src/service.js';
import { SessionRepository, type Session } from '../src/sessions/session.repository.js';
import { SigningKeyRepository } from '../src/tokens/signing-key.repository.js';

const directory = new DirectoryRepository();
const credentials = new CredentialRepository();
const backOff = new LoginBackOffRepository();
const logins = new LoginTransactionRepository();
const sessions = new SessionRepository();
const revocations = new RevocationRepository();
const endpoints = new EndpointPrincipalRepository();
const apiKeys = new ApiKeyRepository();
const signingKeys = new SigningKeyRepository();

const now = new Date();
const later = new Date(now.getTime() + 600_000);
const muchLater = new Date(now.getTime() + 9e9);
const bytes = (text: string) => Buffer.from(text.padEnd(32, '.'));

async function theirUser(tx: TenantTransaction): Promise<string> {
  const at = now.toISOString();
  const id = newId('usr');
  await directory.saveUser(
    tx,
    {
      id,
      login: 'theirs',
      firstName: 'T',
      lastName: 'H',
      assignedGroups: [],
      attributes: {},
      securityQuestion: {},
      roles: ['ORG_ADMIN'],
      status: 'active',
      provisionedApps: {},
      createdAt: at,
      updatedAt: at,
      version: 1,
    },
    now,
  );
  return id;
}

async function theirCredential(tx: TenantTransaction): Promise<string> {
  const userId = newId('usr');
  const values = { userId, loginKey: 'theirs', passwordHash: 'hash', oneTime: false, now };
  const version = await credentials.insert(tx, values);
  await credentials.remember(tx, { userId, version: version!, passwordHash: 'hash', now });
  await credentials.awaitUser(tx, userId);
  return userId;
}

async function theirLogin(tx: TenantTransaction): Promise<LoginTransaction> {
  const login: LoginTransaction = {
    secretSha256: bytes(newId('ltx')),
    id: newId('ltx'),
    userId: newId('usr'),
    state: 'PASSWORD_CHANGE_DUE',
    credentialVersion: 1,
    amr: ['pwd'],
    clientIp: null,
    userAgent: null,
    createdAt: now,
    expiresAt: later,
    version: 1,
  };
  await logins.insert(tx, login);
  return login;
}

async function theirSession(tx: TenantTransaction): Promise<Session & { sha256: Buffer }> {
  const session: Session = {
    id: newId('ses'),
    userId: newId('usr'),
    createdAt: now,
    lastUsedAt: now,
    expiresAt: later,
    authTime: now,
    amr: ['pwd'],
    acr: 'pwd',
    firstLogin: false,
    clientIp: null,
    userAgent: null,
    endedAt: null,
  };
  const sha256 = bytes(session.id);
  await sessions.insert(tx, session);
  await sessions.insertToken(tx, { sha256, sessionId: session.id, issuedAt: now, expiresAt: later });
  return { ...session, sha256 };
}

async function theirBackOff(tx: TenantTransaction) {
  const key = { loginMac: bytes('login'), networkMac: bytes('network') };
  await backOff.hold(tx, key, now);
  const records = { ...NOTHING_KNOWN, network: { ...NOTHING_KNOWN.network, failures: 7 } };
  await backOff.save(tx, key, records, now);
  return key;
}

async function theirKey(tx: TenantTransaction): Promise<{ id: string; sha256: Buffer }> {
  const id = newId('key');
  const key = {
    id,
    name: 'theirs',
    roles: ['ORG_ADMIN' as const],
    createdBy: 'usr_1',
    createdAt: now,
    expiresAt: null,
  };
  await apiKeys.insert(tx, key, bytes(id));
  return { id, sha256: bytes(id) };
}

async function theirEndpoint(tx: TenantTransaction): Promise<string> {
  const endpointId = newId('ep');
  await endpoints.insert(tx, { endpointId, principalId: newId('usr'), roles: ['AUDITOR'] }, now);
  return endpointId;
}

async function theirRevocation(tx: TenantTransaction): Promise<string> {
  const subject = newId('usr');
  const at = { issuedBefore: 4_000_000_000, expiresAt: 4_000_000_000 };
  await revocations.add(tx, [{ kind: 'user', subject, code: 'token_revoked', ...at }]);
  return subject;
}

async function theirTenant(tx: TenantTransaction): Promise<void> {
  await directory.saveTenant(tx, { name: 'Theirs', status: 'active', version: 1, createdAt: now.toISOString() });
}

describeDatabase(service, {
  sources: new URL('../src', import.meta.url),
  repositories: {
    'DirectoryRepository.holdTenantStatus': { prepare: theirTenant, attempt: tx => directory.holdTenantStatus(tx) },
    'DirectoryRepository.findUser': { prepare: theirUser, attempt: (tx, id: string) => directory.findUser(tx, id) },
    'DirectoryRepository.holdUser': { prepare: theirUser, attempt: (tx, id: string) => directory.holdUser(tx, id) },
    'CredentialRepository.find': { prepare: theirCredential, attempt: (tx, id: string) => credentials.find(tx, id) },
    'CredentialRepository.findCandidate': {
      prepare: theirCredential,
      attempt: async tx => (await credentials.findCandidate(tx, 'theirs')).userId,
    },
    'CredentialRepository.replace': {
      prepare: theirCredential,
      attempt: (tx, userId: string) =>
        credentials.replace(tx, { userId, passwordHash: 'ours', oneTime: false, version: 1, now }),
    },
    'CredentialRepository.history': {
      prepare: theirCredential,
      attempt: (tx, id: string) => credentials.history(tx, id),
    },
    'CredentialRepository.noteFirstLogin': {
      prepare: theirCredential,
      attempt: (tx, id: string) => credentials.noteFirstLogin(tx, id, now),
    },
    'CredentialRepository.delete': {
      prepare: theirCredential,
      attempt: (tx, id: string) => credentials.delete(tx, id),
    },
    'CredentialRepository.confirm': {
      prepare: theirCredential,
      attempt: (tx, id: string) => credentials.confirm(tx, [id]),
    },
    'CredentialRepository.unconfirmedFor': {
      prepare: theirCredential,
      attempt: tx => credentials.unconfirmedFor(tx, -3_600, 10),
    },
    'LoginBackOffRepository.read': {
      prepare: theirBackOff,
      attempt: async (tx, key: Awaited<ReturnType<typeof theirBackOff>>) =>
        (await backOff.read(tx, key)).network.failures,
    },
    'LoginBackOffRepository.deleteStale': {
      prepare: theirBackOff,
      attempt: tx => backOff.deleteStale(tx, muchLater),
    },
    'LoginTransactionRepository.holdOpen': {
      prepare: theirLogin,
      attempt: (tx, login: LoginTransaction) => logins.holdOpen(tx, login.secretSha256, now),
    },
    'LoginTransactionRepository.advance': {
      prepare: theirLogin,
      attempt: (tx, login: LoginTransaction) => logins.advance(tx, login, { ...login, state: 'DONE' }, now),
    },
    'LoginTransactionRepository.deleteExpired': {
      prepare: theirLogin,
      attempt: tx => logins.deleteExpired(tx, muchLater, 10),
    },
    'SessionRepository.findToken': {
      prepare: theirSession,
      attempt: (tx, { sha256 }: { sha256: Buffer }) => sessions.findToken(tx, sha256),
    },
    'SessionRepository.hold': { prepare: theirSession, attempt: (tx, { id }: Session) => sessions.hold(tx, id) },
    'SessionRepository.useToken': {
      prepare: theirSession,
      attempt: (tx, { id, sha256 }: Session & { sha256: Buffer }) => sessions.useToken(tx, sha256, id, later),
    },
    'SessionRepository.end': {
      prepare: theirSession,
      attempt: (tx, { userId }: Session) => sessions.end(tx, { userId }, 'logout_all', now),
    },
    'SessionRepository.listLive': {
      prepare: theirSession,
      attempt: (tx, { userId }: Session) => sessions.listLive(tx, userId, undefined, 10, now),
    },
    'SessionRepository.deleteExpired': {
      prepare: theirSession,
      attempt: tx => sessions.deleteExpired(tx, muchLater, 10),
    },
    'RevocationRepository.latestBoundary': {
      prepare: theirRevocation,
      attempt: (tx, subject: string) => revocations.latestBoundary(tx, [subject]),
    },
    'RevocationRepository.readSince': {
      prepare: theirRevocation,
      attempt: async tx => (await revocations.readSince(tx, 0n, now)).rows,
    },
    'RevocationRepository.deleteExpired': {
      prepare: theirRevocation,
      attempt: tx => revocations.deleteExpired(tx, new Date('2200-01-01')),
    },
    'EndpointPrincipalRepository.hold': {
      prepare: theirEndpoint,
      attempt: (tx, id: string) => endpoints.hold(tx, id),
    },
    'EndpointPrincipalRepository.setRoles': {
      prepare: theirEndpoint,
      attempt: (tx, id: string) => endpoints.setRoles(tx, id, ['ORG_ADMIN'], now),
    },
    'EndpointPrincipalRepository.markDeleted': {
      prepare: theirEndpoint,
      attempt: (tx, id: string) => endpoints.markDeleted(tx, id, now),
    },
    'ApiKeyRepository.find': { prepare: theirKey, attempt: (tx, { id }: { id: string }) => apiKeys.find(tx, id) },
    'ApiKeyRepository.use': {
      prepare: theirKey,
      attempt: (tx, { sha256 }: { sha256: Buffer }) => apiKeys.use(tx, sha256, now),
    },
    'ApiKeyRepository.list': { prepare: theirKey, attempt: tx => apiKeys.list(tx, undefined, 10) },
    'ApiKeyRepository.revoke': {
      prepare: theirKey,
      attempt: (tx, { id }: { id: string }) => apiKeys.revoke(tx, id, now),
    },
    // The platform's table: no tenant's transaction may even look at it.
    'SigningKeyRepository.all': {
      prepare: theirTenant,
      attempt: tx =>
        signingKeys.all(tx).catch((cause: unknown) => {
          if (sqlState(cause) !== '42501') throw cause;
          throw new DomainError('forbidden', 'forbidden', 'No grant, as it should be', { cause });
        }),
    },
  },
});
