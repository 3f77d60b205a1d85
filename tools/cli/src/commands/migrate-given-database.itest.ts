import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, type EmbeddedPostgres } from '@countersign/embedded-postgres';
import { createDataSource, serviceDatabase } from '@countersign/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../config.js';
import { ContainerSecrets } from '../installation/container-secrets.js';
import { readPasswords } from '../installation/secrets.js';

let folder: string;
let server: EmbeddedPostgres;
let secrets: ContainerSecrets;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-given-'));
  secrets = new ContainerSecrets(join(folder, 'secrets'));
  await secrets.ensure();
  server = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  writeFileSync(secrets.secret('database-admin.url'), `${server.adminUrl('postgres')}\n`);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the migration's container runs it. */
async function migrate(env: Record<string, string> = {}): Promise<{ schema: string; ran: string[] }[]> {
  const bin = join(workspaceRoot, 'tools/cli/bin/countersign.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'migrate', '--json'], {
    env: {
      PATH: '/usr/bin:/bin',
      DATABASE_ADMIN_URL_FILE: secrets.secret('database-admin.url'),
      DATABASE_PASSWORDS_FILE: secrets.secret('database.json'),
      ...env,
    },
  });
  return JSON.parse(stdout) as { schema: string; ran: string[] }[];
}

async function canLogIn(user: string, password: string): Promise<boolean> {
  const source = createDataSource({
    url: server.urlFor({ user, password, database: 'postgres' }),
    schema: 'public',
    applicationName: 'test',
    poolMax: 1,
  });
  try {
    await source.initialize();
    return true;
  } catch {
    return false;
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}

describe('countersign migrate on a database that is given', { timeout: 180_000 }, () => {
  it('makes roles with the given passwords, schemas and tables; the second run finds nothing to do', async () => {
    const first = await migrate();
    expect(first.map(report => report.schema).sort()).toEqual([
      'auth-mfa',
      'bus',
      'user-lifecycle',
      'webhook-dispatcher',
    ]);
    for (const { ran } of first) expect(ran.length).toBeGreaterThan(0);
    for (const [service, { app }] of Object.entries(readPasswords(secrets.secret('database.json')).services)) {
      const login = serviceDatabase(service).app;
      expect([await canLogIn(login, app), await canLogIn(login, 'other')], login).toEqual([true, false]);
    }
    for (const { ran } of await migrate()) expect(ran).toEqual([]);
  });

  it('says which variable is missing', async () => {
    await expect(migrate({ DATABASE_PASSWORDS_FILE: '' })).rejects.toThrow(/DATABASE_PASSWORDS_FILE/);
  });
});
