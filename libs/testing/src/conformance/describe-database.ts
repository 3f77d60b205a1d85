import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DomainError, tenantId } from '@countersign/kernel';
import { BUS_DATABASE, createDataSource, serviceDatabase, type TenantTransaction } from '@countersign/persistence';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  entitiesOf,
  type DatabaseOfService,
  type TestDatabase,
} from '../database/service-database.js';
import { faultsOfRoles, faultsOfTable, hasTenant, rolesOfBus, rolesOfService } from './catalogue-rules.js';
import { readRoles, readSchema, readTables, type TableFacts } from './catalogue.js';
import { breachesOf, fingerprint, OURS, plantRows, THEIRS } from './tenant-attempts.js';

/**
 * An attempt on another tenant's data through a repository. `prepare` writes something as the one tenant and answers what
 * the other would have to know of it; `attempt` then uses that as the other tenant, and has to come away with nothing:
 * undefined, null, false, 0, an empty list, or a DomainError.
 */
export interface RepositoryAttempt {
  prepare(tx: TenantTransaction): Promise<unknown>;
  attempt(tx: TenantTransaction, known: never): Promise<unknown>;
}

export interface DescribeDatabaseOptions {
  /** By `<class>.<method>`; several for one class. */
  repositories?: Record<string, RepositoryAttempt>;
  /** Folder of the service's sources: each class of a `*.repository.ts` in it then needs an attempt. */
  sources?: URL;
  /** Further entities or tables of TypeORM's own that the schema diff is not to look at. */
  ignoreDiff?: RegExp;
}

/** The suite that every service's database has to pass: isolation of tenants in the catalogue and in fact, and no drift. */
export function describeDatabase(service: DatabaseOfService, options: DescribeDatabaseOptions = {}): void {
  const db = serviceDatabase(service.name);
  const { repositories = {} } = options;

  describe(`the database of ${service.name}`, () => {
    let database: TestDatabase;
    let admin: pg.Client;
    let tables: TableFacts[];

    beforeAll(async () => {
      database = await createTestDatabase({ services: [service] });
      admin = await connect(database.adminUrl());
      tables = await readTables(admin, db.schema);
    });

    afterAll(async () => {
      await admin?.end();
      await database?.close();
    });

    it('has row-level security, its policies, tenant-first keys and no stray grant on every table and partition', async () => {
      expect(tables.length).toBeGreaterThan(0);
      expect(tables.flatMap(table => faultsOfTable(table, rolesOfService(db)))).toEqual([]);
      const bus = await readTables(admin, BUS_DATABASE.schema);
      expect(bus.flatMap(table => faultsOfTable(table, rolesOfBus))).toEqual([]);
    });

    it('has no view or function that goes around row-level security', async () => {
      expect(await readSchema(admin, db.schema)).toEqual({ views: [], functions: [] });
    });

    it('has logins that can neither bypass row-level security nor become another role', async () => {
      expect(faultsOfRoles(await readRoles(admin, [db.owner, db.app, db.worker]), db)).toEqual([]);
    });

    it('is what the entities say: the schema diff is empty', async () => {
      // As the owner: what a login may not use, the catalogue does not show it.
      const source = createDataSource({
        url: database.url(service.name, 'owner'),
        schema: db.schema,
        entities: entitiesOf(service),
        applicationName: 'test-schema-diff',
      });
      await source.initialize();
      const { upQueries } = await source.driver.createSchemaBuilder().log();
      await source.destroy();
      const drift = upQueries.map(({ query }) => query).filter(query => !options.ignoreDiff?.test(query));
      expect(drift).toEqual([]);
      const mapped = new Set(source.entityMetadatas.map(({ tableName }) => tableName));
      const unmapped = tables.filter(({ name, partition }) => !partition && name !== 'migrations' && !mapped.has(name));
      expect(unmapped.map(({ name }) => name)).toEqual([]);
    });

    it('keeps every row of every table from every other tenant', async () => {
      const planted = await createTestDatabase({ services: [service] });
      const superuser = await connect(planted.adminUrl());
      const app = await connect(planted.url(service.name, 'app'));
      try {
        const breaches: string[] = [];
        for (const table of tables.filter(candidate => hasTenant(candidate) && !candidate.partition)) {
          await plantRows(superuser, db.schema, table);
          breaches.push(...(await breachesOf(app, db.schema, table)).map(breach => `${table.name}: ${breach}`));
        }
        expect(breaches).toEqual([]);
      } finally {
        await Promise.all([superuser.end(), app.end()]);
        await planted.close();
      }
    });

    it.each(Object.entries(repositories))('%s comes away with nothing of another tenant', async (_, attempt) => {
      const { uow } = await database.open(service);
      const known = await uow.run(tenantId(THEIRS), tx => attempt.prepare(tx));
      const before = await fingerprint(admin, db.schema, tables, THEIRS);
      expect(before).toMatch(/:./);
      const outcome = await uow
        .run(tenantId(OURS), tx => attempt.attempt(tx, known as never))
        .catch((error: unknown) => {
          if (error instanceof DomainError) return undefined;
          throw error;
        });
      expect(isNothing(outcome), JSON.stringify(outcome)).toBe(true);
      expect(await fingerprint(admin, db.schema, tables, THEIRS)).toBe(before);
    });

    const { sources } = options;
    if (sources) {
      it('has an attempt on every repository', async () => {
        const attempted = new Set(Object.keys(repositories).map(name => name.split('.')[0]));
        const missing = (await repositoryClasses(sources)).filter(name => !attempted.has(name));
        expect(missing).toEqual([]);
      });
    }
  });
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

function isNothing(outcome: unknown): boolean {
  if (Array.isArray(outcome)) return outcome.length === 0;
  if (outcome instanceof Map || outcome instanceof Set) return outcome.size === 0;
  return outcome === undefined || outcome === null || outcome === false || outcome === 0;
}

/** Names of the exported classes in the `*.repository.ts` files below a folder. */
async function repositoryClasses(sources: URL): Promise<string[]> {
  const root = fileURLToPath(sources);
  const files = (await readdir(root, { recursive: true })).filter(name => name.endsWith('.repository.ts'));
  const texts = await Promise.all(files.map(name => readFile(`${root}/${name}`, 'utf8')));
  return texts.flatMap(text => [...text.matchAll(/export class (\w+)/g)].map(match => match[1]!)).sort();
}
