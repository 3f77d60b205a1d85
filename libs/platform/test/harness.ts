import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestPostgres } from '@countersign/embedded-postgres';
import { busMigrations, messagingConfig } from '@countersign/messaging';
import { BUS_DATABASE, createDataSource, provisionDatabase, runMigrations } from '@countersign/persistence';
import { migrateService, startService, type DataConfig, type RunningService } from '../src/index.js';
import { ISSUER, startAuthority, type Authority } from './authority.js';
import { db, sample } from './sample-service.js';

export interface Harness {
  authority: Authority;
  config: DataConfig;
  service: RunningService;
  /** Statements as the cluster's administrator in the service's database. */
  sql(text: string): Promise<unknown>;
  close(): Promise<void>;
}

const PASSWORD = 'test';

/** A provisioned database without the service's own migrations, and the configuration of a service on it. */
export async function prepare(): Promise<Omit<Harness, 'service'>> {
  const cluster = await startTestPostgres();
  const authority = await startAuthority(['sample', 'gateway', 'stranger']);
  const passwords = { owner: PASSWORD, app: PASSWORD, worker: PASSWORD };
  const database = await cluster.createDatabase('platform', name =>
    provisionDatabase(cluster.adminUrl(name), { sample: passwords }, { owner: PASSWORD }),
  );
  const url = (user: string) => cluster.urlFor({ user, password: PASSWORD, database });
  const bus = createDataSource({
    url: url(BUS_DATABASE.owner),
    schema: BUS_DATABASE.schema,
    migrations: [...busMigrations],
    applicationName: 'test',
  });
  await bus.initialize();
  await runMigrations(bus);
  await bus.destroy();
  const envelopeKeys = join(authority.folder, 'envelope.json');
  writeFileSync(envelopeKeys, JSON.stringify({ current: 'k1', keys: { k1: randomBytes(32).toString('base64') } }));
  const admin = createDataSource({
    url: cluster.adminUrl(database),
    schema: db.schema,
    applicationName: 'test',
    poolMax: 1,
  });
  await admin.initialize();
  return {
    authority,
    config: {
      ...messagingConfig.parse({}),
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: 0,
      MANAGEMENT_PORT: 0,
      PUBLIC_URL: ISSUER,
      LOG_LEVEL: 'silent',
      SERVICE_KEYS_FILE: authority.keysFile,
      SERVICE_PRIVATE_KEY_FILE: authority.privateFiles['sample']!,
      AUTH_MFA_URL: authority.url,
      DATABASE_URL: url(db.app),
      DATABASE_WORKER_URL: url(db.worker),
      DATABASE_POOL_MAX: 5,
      DATABASE_STATEMENT_TIMEOUT_MS: 5_000,
      ENVELOPE_KEY_FILE: envelopeKeys,
    },
    sql: text => admin.query(text),
    close: async () => {
      await admin.destroy();
      await authority.close();
      await cluster.dropDatabase(database);
    },
  };
}

export async function startHarness(): Promise<Harness> {
  const parts = await prepare();
  await migrateService(sample, { DATABASE_OWNER_URL: ownerUrl(parts.config) });
  const service = await startService(sample, parts.config);
  return {
    ...parts,
    service,
    close: async () => {
      await service.stop();
      await parts.close();
    },
  };
}

export function ownerUrl(config: DataConfig): string {
  const url = new URL(config.DATABASE_URL);
  url.username = db.owner;
  return url.toString();
}

export async function until(holds: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await holds());) {
    if (Date.now() > end) throw new Error(`It did not come true within ${timeoutMs} ms`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
