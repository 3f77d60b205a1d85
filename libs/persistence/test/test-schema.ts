import { startTestPostgres } from '@countersign/embedded-postgres';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  createDataSource,
  partitionedTable,
  partitionFunctions,
  platformTable,
  provisionDatabase,
  queueTable,
  runMigrations,
  serviceDatabase,
  ServicePersistence,
  standardEntities,
  standardTables,
  tenantTable,
  workerReadableTable,
  type MigrationClass,
} from '../src/index.js';

/** The service whose tables the tests of this library use: one of each kind. */
export const db = serviceDatabase('sample-service');
const PASSWORD = `it's "$$" $1`;

export class CreateSample1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const table = (name: string, columns = '') =>
      `create table ${db.schema}.${name} (
        tenant_id text not null, id int not null, note text not null default '' ${columns},
        constraint ${name}_pkey primary key (tenant_id, id))`;
    const statements = [
      ...standardTables(db),
      table('thing'),
      ...tenantTable(db, 'thing'),
      table('job'),
      ...queueTable(db, 'job'),
      table('endpoint'),
      ...workerReadableTable(db, 'endpoint'),
      `create table ${db.schema}.signing_key (id int primary key)`,
      ...platformTable(db, 'signing_key'),
      `create table ${db.schema}.log (
        tenant_id text not null, at timestamptz not null, id int not null, note text not null default '',
        constraint log_pkey primary key (tenant_id, at, id)) partition by range (at)`,
      `create index log__note on ${db.schema}.log (tenant_id, note)`,
      ...partitionedTable(db, 'log'),
      ...partitionFunctions(db),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema ${db.schema} cascade`);
  }
}

export interface TestSchema {
  readonly persistence: ServicePersistence;
  url(login: 'owner' | 'app' | 'worker'): string;
  adminUrl(): string;
  /** Runs one statement as a login. */
  as(login: 'owner' | 'app' | 'worker', sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function createTestSchema(
  migrations: readonly MigrationClass[] = [CreateSample1764000000001],
): Promise<TestSchema> {
  const cluster = await startTestPostgres();
  const url = (database: string, login: 'owner' | 'app' | 'worker') =>
    cluster.urlFor({ user: db[login], password: PASSWORD, database });
  const name = await cluster.createDatabase(`persistence ${migrations.map(String).join()}`, async database => {
    const passwords = { owner: PASSWORD, app: PASSWORD, worker: PASSWORD };
    await provisionDatabase(cluster.adminUrl(database), { 'sample-service': passwords }, { owner: PASSWORD });
    await migrate(url(database, 'owner'), migrations);
  });
  const persistence = await ServicePersistence.open(
    {
      DATABASE_URL: url(name, 'app'),
      DATABASE_WORKER_URL: url(name, 'worker'),
      DATABASE_POOL_MAX: 4,
      DATABASE_STATEMENT_TIMEOUT_MS: 10_000,
    },
    { service: 'sample-service', schema: db.schema, entities: standardEntities },
  );
  return {
    persistence,
    url: login => url(name, login),
    adminUrl: () => cluster.adminUrl(name),
    as: (login, sql) => query(url(name, login), sql),
    close: async () => {
      await persistence.close();
      await cluster.dropDatabase(name);
    },
  };
}

export async function migrate(ownerUrl: string, migrations: readonly MigrationClass[]): Promise<string[]> {
  const source = createDataSource({
    url: ownerUrl,
    schema: db.schema,
    migrations,
    poolMax: 2,
    applicationName: 'test-migrate',
  });
  await source.initialize();
  try {
    return await runMigrations(source);
  } finally {
    await source.destroy();
  }
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${db.schema}` });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}
