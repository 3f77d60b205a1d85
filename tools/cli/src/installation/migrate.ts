import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { busMigrations } from '@countersign/messaging';
import { BUS_DATABASE, createDataSource, runMigrations } from '@countersign/persistence';
import { inheritedEnvironment } from '../config.js';
import type { ProvisionedDatabase } from './provisioned-database.js';
import { DATA_SERVICES, type ServiceProgram } from './services.js';

export interface MigrationReport {
  /** `bus`, or the service. */
  schema: string;
  /** Names of the migrations that ran now. */
  ran: string[];
}

/** Brings the bus and every service's tables up to date; what is up to date already is left alone. */
export async function migrateAll(database: ProvisionedDatabase): Promise<MigrationReport[]> {
  const bus = await migrateBus(database);
  const services = await Promise.allSettled(DATA_SERVICES.map(service => migrateService(database, service)));
  // Only when all have ended: the database must not stop under one that is still at work.
  const failed = services.flatMap(result => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (failed.length > 0) throw new Error(failed.join('\n'));
  await database.note(knownMigrations());
  return [bus, ...services.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))];
}

/**
 * The same for a start: the services' own migration programs run only when there is a migration that the last whole run did
 * not know. Should that be wrong, a service with pending migrations refuses to start.
 */
export async function migrateIfNeeded(database: ProvisionedDatabase): Promise<MigrationReport[]> {
  return (await database.noted()) === knownMigrations() ? [] : migrateAll(database);
}

/** A digest of the names of all migrations that this build has. */
function knownMigrations(): string {
  const names = DATA_SERVICES.flatMap(({ name, migrate }) =>
    readdirSync(join(dirname(migrate!), 'migrations'))
      .filter(file => /^\d+-.*\.js$/.test(file))
      .map(file => `${name}/${file}`),
  );
  const all = [...busMigrations.map(migration => migration.name), ...names].sort();
  return createHash('sha256').update(all.join('\n')).digest('hex');
}

async function migrateBus(database: ProvisionedDatabase): Promise<MigrationReport> {
  const source = createDataSource({
    url: database.busOwnerUrl(),
    schema: BUS_DATABASE.schema,
    migrations: [...busMigrations],
    applicationName: 'bus-migrate',
    poolMax: 2,
    statementTimeoutMs: 0,
  });
  await source.initialize();
  try {
    return { schema: BUS_DATABASE.schema, ran: await runMigrations(source) };
  } finally {
    await source.destroy();
  }
}

/** A service's migrations run in a process of that service: no tool imports an app. */
async function migrateService(database: ProvisionedDatabase, service: ServiceProgram): Promise<MigrationReport> {
  if (!service.migrate) throw new Error(`${service.name} keeps no data`);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [service.migrate], {
      env: { ...inheritedEnvironment(), DATABASE_OWNER_URL: database.urlsOf(service.name).owner },
    });
    const { ran } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { ran: string[] };
    return { schema: service.name, ran };
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr?.trim() || `${service.name}: the migration failed: ${String(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
