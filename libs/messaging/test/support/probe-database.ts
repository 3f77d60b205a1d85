import { startTestPostgres, type TestCluster } from '@countersign/embedded-postgres';
import {
  createDataSource,
  provisionDatabase,
  queueTable,
  runMigrations,
  serviceDatabase,
  standardTables,
} from '@countersign/persistence';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The service that the suite plays: its schema holds the standard tables and one for what its handlers saw. */
export const PROBE = 'bus-probe';
const PASSWORD = 'for-tests-only';
const probe = serviceDatabase(PROBE);

class CreateProbe1764000000001 implements MigrationInterface {
  readonly name = 'CreateProbe1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...standardTables(probe),
      `create table ${probe.schema}.aggregate (
        tenant_id text not null, id text not null, seq int not null default 0, primary key (tenant_id, id))`,
      ...queueTable(probe, 'aggregate'),
      `create table ${probe.schema}.arrival (
        tenant_id text not null, at bigint generated always as identity, subject text not null, seq int not null,
        handler text not null, event_id uuid not null, member text not null, primary key (tenant_id, at))`,
      ...queueTable(probe, 'arrival'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    await Promise.resolve();
  }
}

/** One migration run of the bus, if the driver keeps something in the database. */
export interface BusSchema {
  owner: string;
  schema: string;
  migrations: readonly (new () => MigrationInterface)[];
}

/** A fresh database with the probe's schema; one for each test, so no test sees another's bus. */
export interface ProbeDatabase {
  appUrl: string;
  workerUrl: string;
  /** Sees everything; for what tests assert. */
  admin: pg.Pool;
  login(user: string): string;
  /** Ends every connection and takes no new one, not even the suite's own; and takes them again. */
  shut(): Promise<void>;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export async function openProbeDatabase(bus: readonly BusSchema[]): Promise<ProbeDatabase> {
  const cluster = await startTestPostgres();
  const key = [
    ...standardTables(probe),
    String(CreateProbe1764000000001),
    ...bus.flatMap(({ migrations }) => migrations.map(String)),
  ];
  const name = await cluster.createDatabase(key.join(), database => migrate(cluster, database, bus));
  const login = (user: string) => cluster.urlFor({ user, password: PASSWORD, database: name });
  const admin = new pg.Pool({ connectionString: cluster.adminUrl(name), max: 4 });
  admin.on('error', () => undefined);
  const outside = (...statements: string[]) => runOutside(cluster, statements);
  return {
    shut: () =>
      outside(
        `alter database ${pg.escapeIdentifier(name)} with allow_connections false`,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${pg.escapeLiteral(name)}`,
      ),
    reopen: () => outside(`alter database ${pg.escapeIdentifier(name)} with allow_connections true`),
    appUrl: login(probe.app),
    workerUrl: login(probe.worker),
    admin,
    login,
    close: async () => {
      await admin.end();
      await cluster.dropDatabase(name);
    },
  };
}

async function runOutside(cluster: TestCluster, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.adminUrl() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function migrate(cluster: TestCluster, database: string, bus: readonly BusSchema[]): Promise<void> {
  const passwords = { owner: PASSWORD, app: PASSWORD, worker: PASSWORD };
  await provisionDatabase(cluster.adminUrl(database), { [PROBE]: passwords }, { owner: PASSWORD });
  const own: BusSchema = { ...probe, migrations: [CreateProbe1764000000001] };
  for (const { owner, schema, migrations } of [...bus, own]) {
    const url = cluster.urlFor({ user: owner, password: PASSWORD, database });
    const source = createDataSource({
      url,
      schema,
      migrations: [...migrations],
      poolMax: 2,
      applicationName: 'test-migrate',
    });
    await source.initialize();
    try {
      await runMigrations(source);
    } finally {
      await source.destroy();
    }
  }
}
