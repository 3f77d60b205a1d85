import { startTestPostgres, type TestCluster } from '@countersign/embedded-postgres';
import { busMigrations } from '@countersign/messaging';
import {
  BUS_DATABASE,
  createDataSource,
  provisionDatabase,
  runMigrations,
  serviceDatabase,
  ServicePersistence,
  standardEntities,
  type EntityClass,
  type MigrationClass,
  type PostgresConfig,
} from '@countersign/persistence';

/** The part of a service's definition that its database is made from; a ServiceDefinition is one. */
export interface DatabaseOfService {
  readonly name: string;
  readonly database?: { readonly entities: readonly EntityClass[]; readonly migrations: readonly MigrationClass[] };
}

export interface TestDatabaseOptions {
  /** The services that share the database. */
  services: readonly DatabaseOfService[];
  /** Whether the Postgres bus has its schema in it; default true. */
  bus?: boolean;
}

/** A database of its own for one file of tests, migrated, with the logins that production has. */
export interface TestDatabase {
  readonly name: string;
  adminUrl(): string;
  /** URL of one of a service's logins. */
  url(service: string, login: 'owner' | 'app' | 'worker'): string;
  busOwnerUrl(): string;
  /** DATABASE_URL and DATABASE_WORKER_URL for a service's process, and DATABASE_OWNER_URL for its migration. */
  env(service: string): { DATABASE_URL: string; DATABASE_WORKER_URL: string; DATABASE_OWNER_URL: string };
  /** Opens the service's two pools; closed by `close()` too. */
  open(service: DatabaseOfService, pool?: Partial<PostgresConfig>): Promise<ServicePersistence>;
  /** Drops the database; connections that are still open are cut off. */
  close(): Promise<void>;
}

/** Logins belong to the cluster, so every database of it has the same passwords. */
const PASSWORD = 'for-tests-only';

/**
 * A fresh database: a copy of a template that the first caller makes, so that a file of tests pays a tenth of a second and
 * not for every migration.
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const { services, bus = true } = options;
  const postgres = await startTestPostgres();
  const name = await postgres.createDatabase(templateKey(services, bus), database =>
    migrate(postgres, database, services, bus),
  );
  const login = (user: string) => postgres.urlFor({ user, password: PASSWORD, database: name });
  const opened: ServicePersistence[] = [];
  const url = (service: string, kind: 'owner' | 'app' | 'worker') => login(serviceDatabase(service)[kind]);
  const env = (service: string) => ({
    DATABASE_URL: url(service, 'app'),
    DATABASE_WORKER_URL: url(service, 'worker'),
    DATABASE_OWNER_URL: url(service, 'owner'),
  });
  return {
    name,
    adminUrl: () => postgres.adminUrl(name),
    url,
    busOwnerUrl: () => login(BUS_DATABASE.owner),
    env,
    open: async (service, pool = {}) => {
      const persistence = await ServicePersistence.open(
        { ...env(service.name), DATABASE_POOL_MAX: 5, DATABASE_STATEMENT_TIMEOUT_MS: 15_000, ...pool },
        {
          service: service.name,
          schema: serviceDatabase(service.name).schema,
          entities: entitiesOf(service),
        },
      );
      opened.push(persistence);
      return persistence;
    },
    close: async () => {
      for (const persistence of opened.splice(0)) if (persistence.app.isInitialized) await persistence.close();
      await postgres.dropDatabase(name);
    },
  };
}

/** The entities of the standard tables and the service's own, each once. */
export function entitiesOf(service: DatabaseOfService): EntityClass[] {
  return [...new Set([...standardEntities, ...(service.database?.entities ?? [])])];
}

/** All that the content of the database depends on: names and statements of the migrations, in their order. */
function templateKey(services: readonly DatabaseOfService[], bus: boolean): string {
  const migrations = (list: readonly MigrationClass[]) => list.map(migration => [migration.name, String(migration)]);
  return JSON.stringify([
    bus ? migrations(busMigrations) : [],
    services.map(({ name, database }) => [name, migrations(database?.migrations ?? [])]),
  ]);
}

async function migrate(
  postgres: TestCluster,
  database: string,
  services: readonly DatabaseOfService[],
  bus: boolean,
): Promise<void> {
  const passwords = { owner: PASSWORD, app: PASSWORD, worker: PASSWORD };
  await provisionDatabase(
    postgres.adminUrl(database),
    Object.fromEntries(services.map(({ name }) => [name, passwords])),
    { owner: PASSWORD },
  );
  const run = async (user: string, schema: string, migrations: readonly MigrationClass[]) => {
    const url = postgres.urlFor({ user, password: PASSWORD, database });
    const source = createDataSource({ url, schema, migrations, poolMax: 2, applicationName: 'test-migrate' });
    await source.initialize();
    try {
      await runMigrations(source);
    } finally {
      await source.destroy();
    }
  };
  if (bus) await run(BUS_DATABASE.owner, BUS_DATABASE.schema, busMigrations);
  for (const { name, database: parts } of services) {
    const { owner, schema } = serviceDatabase(name);
    await run(owner, schema, parts?.migrations ?? []);
  }
}
