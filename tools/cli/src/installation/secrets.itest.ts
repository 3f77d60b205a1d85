import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvelopeEncryption, ServiceTokens } from '@countersign/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectory } from './data-directory.js';
import { ensureSecrets, secretFiles } from './secrets.js';

let directory: DataDirectory;
beforeEach(() => {
  directory = new DataDirectory(mkdtempSync(join(tmpdir(), 'countersign-secrets-')));
  directory.prepare();
});
afterEach(() => rmSync(directory.path, { recursive: true, force: true }));

const contents = () =>
  Object.fromEntries(
    globSync('*', { cwd: directory.secrets }).map(name => [name, readFileSync(directory.secret(name), 'utf8')]),
  );

describe('the secrets of an installation', () => {
  it('are made once and stay', async () => {
    const passwords = await ensureSecrets(directory);
    const before = contents();
    expect(await ensureSecrets(directory)).toEqual(passwords);
    expect(contents()).toEqual(before);
  });

  it('are for their owner alone', async () => {
    await ensureSecrets(directory);
    expect(statSync(directory.secrets).mode & 0o777).toBe(0o700);
    for (const name of Object.keys(contents())) expect(statSync(directory.secret(name)).mode & 0o777).toBe(0o600);
  });

  it('are complete again when one was lost, and no other has changed', async () => {
    await ensureSecrets(directory);
    const before = contents();
    rmSync(directory.secret('operator.key.json'));
    await ensureSecrets(directory);
    const after = contents();
    const changed = Object.keys(after).filter(name => after[name] !== before[name]);
    expect(changed.sort()).toEqual(['operator.key.json', 'service-keys.json']);
  });

  it('let the services know each other, and seal', async () => {
    await ensureSecrets(directory);
    const files = secretFiles(directory);
    const operator = await ServiceTokens.fromFiles('operator', files.publicKeys, files.privateKey('operator'));
    const callee = await ServiceTokens.fromFiles('auth-mfa', files.publicKeys, files.privateKey('auth-mfa'));
    expect(await callee.verify(await operator.tokenFor('auth-mfa'))).toBe('operator');
    const encryption = EnvelopeEncryption.fromFile(files.envelopeKey('auth-mfa'));
    const context = { tenantId: 'platform' as const, purpose: 'sample', id: '1' };
    expect(encryption.openText(context, encryption.seal(context, 'secret'))).toBe('secret');
  });

  it('hold no private half in the file of public keys', async () => {
    await ensureSecrets(directory);
    const keys = JSON.parse(readFileSync(secretFiles(directory).publicKeys, 'utf8')) as Record<string, object>;
    expect(Object.keys(keys).sort()).toEqual([
      'auth-mfa',
      'gateway',
      'operator',
      'user-lifecycle',
      'webhook-dispatcher',
    ]);
    for (const key of Object.values(keys)) expect(key).not.toHaveProperty('d');
  });
});
