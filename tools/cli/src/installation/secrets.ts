import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';
import { DATA_SERVICES, OPERATOR, SERVICES } from './services.js';
import { writePrivateJson } from './data-directory.js';

const password = z.string().min(1);
const passwordsSchema = z.object({
  bus: z.object({ owner: password }),
  services: z.record(z.string(), z.object({ owner: password, app: password, worker: password })),
});

/** Passwords of the database's logins. */
export type DatabasePasswords = z.output<typeof passwordsSchema>;

/** Where secrets are: a file for each name. */
export interface SecretFolder {
  secret(name: string): string;
}

/** Files that the services and the command line are pointed at. */
export interface SecretFiles {
  /** Public keys of all services, by name. */
  publicKeys: string;
  privateKey(service: string): string;
  envelopeKey(service: string): string;
}

export function secretFiles(folder: SecretFolder): SecretFiles {
  return {
    publicKeys: folder.secret('service-keys.json'),
    privateKey: service => folder.secret(`${service}.key.json`),
    envelopeKey: service => folder.secret(`${service}.envelope.json`),
  };
}

/**
 * Makes whatever secret is missing and changes none that is there: a key pair per service and one for the operator, an
 * envelope key per service that keeps data, the passwords of the database.
 */
export async function ensureSecrets(folder: SecretFolder): Promise<DatabasePasswords> {
  const files = secretFiles(folder);
  const publicKeys: Record<string, JWK> = {};
  for (const name of [...SERVICES.map(service => service.name), OPERATOR]) {
    publicKeys[name] = await ensureKeyPair(files.privateKey(name));
  }
  if (JSON.stringify(readJson(files.publicKeys)) !== JSON.stringify(publicKeys)) {
    writePrivateJson(files.publicKeys, publicKeys);
  }
  for (const { name } of DATA_SERVICES) {
    const path = files.envelopeKey(name);
    if (existsSync(path)) continue;
    writePrivateJson(path, { current: 'k1', keys: { k1: randomBytes(32).toString('base64') } });
  }
  return ensurePasswords(folder.secret('database.json'));
}

/** Makes the private key if there is none; answers the public half. */
async function ensureKeyPair(path: string): Promise<JWK> {
  if (!existsSync(path)) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    writePrivateJson(path, await exportJWK(privateKey));
  }
  const { d: _private, ...publicJwk } = JSON.parse(readFileSync(path, 'utf8')) as JWK & { d: string };
  return publicJwk;
}

function ensurePasswords(path: string): DatabasePasswords {
  const kept = readJson(path) as DatabasePasswords | undefined;
  const passwords: DatabasePasswords = { bus: kept?.bus ?? { owner: newPassword() }, services: {} };
  for (const { name } of DATA_SERVICES) {
    passwords.services[name] = kept?.services[name] ?? {
      owner: newPassword(),
      app: newPassword(),
      worker: newPassword(),
    };
  }
  if (JSON.stringify(kept) !== JSON.stringify(passwords)) writePrivateJson(path, passwords);
  return passwords;
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The passwords as `ensureSecrets` keeps them. @throws Error when the file is none of that kind */
export function readPasswords(path: string): DatabasePasswords {
  return passwordsSchema.parse(readJson(path));
}

function readJson(path: string): unknown {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : undefined;
}
