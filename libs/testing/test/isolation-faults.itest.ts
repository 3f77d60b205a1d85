import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOfRoles, faultsOfTable, rolesOfService } from '../src/conformance/catalogue-rules.js';
import { readRoles, readSchema, readTables } from '../src/conformance/catalogue.js';
import { breachesOf, plantRows } from '../src/conformance/tenant-attempts.js';
import { createTestDatabase, type TestDatabase } from '../src/index.js';
import { db, sampleService } from './sample-service.js';

const s = db.schema;
let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase({ services: [sampleService] });
  admin = new pg.Client({ connectionString: database.adminUrl() });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await database.close();
});

/** Does something wrong to the schema, answers what the walk says of it, and undoes it. */
async function faultsAfter(...statements: string[]): Promise<string[]> {
  await admin.query('begin');
  try {
    for (const statement of statements) await admin.query(statement);
    const { views, functions } = await readSchema(admin, s);
    const tables = await readTables(admin, s);
    return [
      ...tables.flatMap(table => faultsOfTable(table, rolesOfService(db))),
      ...faultsOfRoles(await readRoles(admin, [db.owner, db.app, db.worker]), db),
      ...views,
      ...functions,
    ];
  } finally {
    await admin.query('rollback');
  }
}

describe('the walk through the catalogue', () => {
  it('has nothing to say of a schema that is as it should be', async () => {
    expect(await faultsAfter()).toEqual([]);
  });

  it.each([
    ['row-level security off', /thing: row-level security/, `alter table ${s}.thing disable row level security`],
    ['the owner exempt', /job: row-level security/, `alter table ${s}.job no force row level security`],
    ['a partition left out', /log_\d{8}: row-level security/, `do $$ begin execute (select format('alter table ${s}.%I disable row level security', relname) from pg_class where relispartition and relname like 'log\\_%' order by relname limit 1); end $$`],
    ['a new table without anything', /later: row-level security.*policy tenant is missing|later/, `create table ${s}.later (tenant_id text not null primary key)`],
    ['a foreign owner', /thing: belongs to postgres/, `alter table ${s}.thing owner to postgres`],
    ['a policy missing', /thing: the policy tenant is missing/, `drop policy tenant on ${s}.thing`],
    ['a policy that lets all through', /thing: the policy open is not one/, `create policy open on ${s}.thing to ${db.app} using (true)`],
    ['a policy loosened', /thing: the policy tenant is not one/, `alter policy tenant on ${s}.thing using (true)`],
    ['a policy for everybody', /thing: the policy tenant is not one/, `alter policy tenant on ${s}.thing to public`],
    ['a unique index across tenants', /thing: thing_all does not start with tenant_id/, `create unique index thing_all on ${s}.thing (name)`],
    ['a primary key that starts with another column', /job: job_pkey does not start/, `alter table ${s}.job drop constraint job_pkey, add constraint job_pkey primary key (id, tenant_id)`],
    ['a reference across tenants', /job: job_thing could refer/, `create unique index thing_id on ${s}.thing (id); alter table ${s}.job add constraint job_thing foreign key (thing_id) references ${s}.thing (id)`],
    ['a right that no policy limits', /thing: sample_service_app has been granted TRUNCATE/, `grant truncate on ${s}.thing to ${db.app}`],
    ['a grant to everybody', /thing: PUBLIC has been granted SELECT/, `grant select on ${s}.thing to public`],
    ['the list of migrations for the app', /migrations: sample_service_app has been granted a table/, `grant select on ${s}.migrations to ${db.app}`],
    ['an app role that bypasses all', /sample_service_app may bypass/, `alter role ${db.app} bypassrls`],
    ['a worker that can become the owner', /sample_service_worker can become sample_service_owner/, `grant ${db.owner} to ${db.worker}`],
    ['a view with its owner’s rights', /^peep$/, `create view ${s}.peep as select * from ${s}.thing`],
    ['a function with its owner’s rights for everybody', /peek\(\)/, `create function ${s}.peek() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1'`],
  ])('finds %s', async (_, fault, statement) => {
    expect((await faultsAfter(statement)).join('\n')).toMatch(fault);
  }); // prettier-ignore
});

describe('the attempts on the rows of another tenant', () => {
  it('find what gets through, however it does', async () => {
    const leaky = await createTestDatabase({ services: [sampleService] });
    const superuser = new pg.Client({ connectionString: leaky.adminUrl() });
    const app = new pg.Client({ connectionString: leaky.url('sample-service', 'app') });
    await Promise.all([superuser.connect(), app.connect()]);
    try {
      const tables = await readTables(superuser, s);
      const [thing, job] = ['thing', 'job'].map(name => tables.find(table => table.name === name)!);
      await plantRows(superuser, s, thing!);
      await plantRows(superuser, s, job!);
      expect(await breachesOf(app, s, job!)).toEqual([]);
      await superuser.query(`create policy open on ${s}.thing for select to ${db.app} using (true)`);
      expect((await breachesOf(app, s, thing!)).join('\n')).toMatch(
        /reads the row of another tenant.*\n.*reads without a tenant/,
      );
      await superuser.query(`alter table ${s}.thing disable row level security`);
      expect(await breachesOf(app, s, thing!)).toHaveLength(9);
      await superuser.query(
        `alter table ${s}.thing enable row level security; drop policy tenant on ${s}.thing; drop policy open on ${s}.thing`,
      );
      expect((await breachesOf(app, s, thing!)).join()).toMatch(/does not show the tenant its own row/);
    } finally {
      await Promise.all([superuser.end(), app.end()]);
      await leaky.close();
    }
  });
});
