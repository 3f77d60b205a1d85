import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerSecrets } from './container-secrets.js';
import { readPasswords } from './secrets.js';

let folder: string;
let secrets: ContainerSecrets;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-init-'));
  secrets = new ContainerSecrets(join(folder, 'secrets'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const contents = () =>
  Object.fromEntries(readdirSync(secrets.path).map(name => [name, readFileSync(secrets.secret(name), 'utf8')]));

describe('the secrets of the containers', () => {
  it('are made once; what was lost is made again and nothing else', async () => {
    const made = await secrets.ensure();
    const before = contents();
    expect(made.sort()).toEqual(Object.keys(before).sort());
    expect(await secrets.ensure()).toEqual([]);
    expect(contents()).toEqual(before);
    rmSync(secrets.secret('user-lifecycle.database.url'));
    expect(await secrets.ensure()).toEqual(['user-lifecycle.database.url']);
    expect(contents()).toEqual(before);
  });

  it('are for their owner alone', async () => {
    await secrets.ensure();
    expect(statSync(secrets.path).mode & 0o777).toBe(0o700);
    for (const name of Object.keys(contents())) expect(statSync(secrets.secret(name)).mode & 0o777).toBe(0o600);
  });

  it('give every service the logins that the migration makes, each with a password of its own', async () => {
    await secrets.ensure();
    const { services } = readPasswords(secrets.secret('database.json'));
    const urls = Object.entries(contents()).filter(([name]) => name.endsWith('.url'));
    expect(urls).toHaveLength(7);
    for (const [service, { app, worker }] of Object.entries(services)) {
      const role = service.replaceAll('-', '_');
      const files = Object.fromEntries(urls);
      expect(files[`${service}.database.url`]).toBe(`postgresql://${role}_app:${app}@postgres:5432/countersign`);
      expect(files[`${service}.database-worker.url`]).toBe(
        `postgresql://${role}_worker:${worker}@postgres:5432/countersign`,
      );
    }
    expect(new Set(urls.map(([, url]) => new URL(url).password)).size).toBe(urls.length);
  });

  it('may name another host, but not keep a password that the migration would not set', async () => {
    await secrets.ensure();
    const file = secrets.secret('auth-mfa.database.url');
    const moved = readFileSync(file, 'utf8').replace('@postgres:', '@db.internal:');
    writeFileSync(file, moved);
    expect(await secrets.ensure()).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(moved);
    rmSync(secrets.secret('database.json'));
    await expect(secrets.ensure()).rejects.toThrow(/auth-mfa\.database\.url has another password .* backup/);
  });
});
