import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceTokens } from '@countersign/platform';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** Identities of services as the start command makes them: a file of all public keys, one of each private key. */
export interface ServiceKeys {
  readonly folder: string;
  /** SERVICE_KEYS_FILE, SERVICE_PRIVATE_KEY_FILE and ENVELOPE_KEY_FILE of a service. */
  env(service: string): { SERVICE_KEYS_FILE: string; SERVICE_PRIVATE_KEY_FILE: string; ENVELOPE_KEY_FILE: string };
  /** What a service signs and verifies its calls with. */
  tokens(service: string): Promise<ServiceTokens>;
  /** Headers of a call that `caller` makes to `callee`, on behalf of a tenant if given. */
  headers(caller: string, callee: string, tenantId?: string): Promise<Record<string, string>>;
  remove(): Promise<void>;
}

const ALL_SERVICES = ['gateway', 'auth-mfa', 'user-lifecycle', 'webhook-dispatcher', 'operator'] as const;

export async function makeServiceKeys(names: readonly string[] = ALL_SERVICES): Promise<ServiceKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  const publicKeys: Record<string, JWK> = {};
  const privateKeys: Record<string, JWK> = {};
  const file = (name: string) => join(folder, `${name}.json`);
  const write = (name: string, value: unknown) => writeFile(file(name), JSON.stringify(value), { mode: 0o600 });
  for (const name of names) {
    const pair = await generateKeyPair('ES256', { extractable: true });
    publicKeys[name] = await exportJWK(pair.publicKey);
    privateKeys[name] = await exportJWK(pair.privateKey);
    await write(`${name}.private`, privateKeys[name]);
    await write(`${name}.envelope`, { current: 'test-1', keys: { 'test-1': randomBytes(32).toString('base64') } });
  }
  await write('service-keys', publicKeys);
  const known = new Map<string, Promise<ServiceTokens>>();
  const tokens = (service: string) => {
    const privateKey = privateKeys[service];
    if (!privateKey) throw new Error(`No keys were made for ${service}`);
    const found = known.get(service) ?? ServiceTokens.fromJwks(service, publicKeys, privateKey);
    known.set(service, found);
    return found;
  };
  return {
    folder,
    env: service => ({
      SERVICE_KEYS_FILE: file('service-keys'),
      SERVICE_PRIVATE_KEY_FILE: file(`${service}.private`),
      ENVELOPE_KEY_FILE: file(`${service}.envelope`),
    }),
    tokens,
    headers: async (caller, callee, tenantId) => ({
      'x-countersign-service': await (await tokens(caller)).tokenFor(callee),
      ...(tenantId === undefined ? {} : { 'x-countersign-tenant': tenantId }),
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
