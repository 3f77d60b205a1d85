import type { DataSource } from 'typeorm';
import { createDataSource } from './data-source.js';
import { BUS_DATABASE, serviceDatabase } from './roles.js';

/** Passwords of a service's three logins, made once by the installation (start command, chart). */
export interface ServicePasswords {
  owner: string;
  app: string;
  worker: string;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * Creates or updates roles, schemas and grants; safe to repeat. Needs a login that may create roles (PostgreSQL >= 16,
 * because the workers' membership in the bus role is granted WITH SET FALSE).
 */
export async function provisionDatabase(
  adminUrl: string,
  services: Record<string, ServicePasswords>,
  bus: { owner: string },
): Promise<void> {
  const admin = createDataSource({
    url: adminUrl,
    schema: 'public',
    applicationName: 'countersign-provision',
    poolMax: 1,
  });
  await admin.initialize();
  try {
    // Roles belong to the cluster: two provisioners of two databases must not create the same one at once.
    await admin.transaction(async manager => {
      const run = (sql: string) => manager.query(sql);
      await run(`select pg_advisory_xact_lock(hashtext('countersign-provision'))`);
      await run(`create schema if not exists ${BUS_DATABASE.schema}`);
      await role(run, BUS_DATABASE.owner, `login password ${literal(bus.owner)}`);
      await role(run, BUS_DATABASE.worker, 'nologin');
      await run(`alter schema ${BUS_DATABASE.schema} owner to ${BUS_DATABASE.owner}`);
      await run(`grant usage on schema ${BUS_DATABASE.schema} to ${BUS_DATABASE.worker}`);
      for (const [service, passwords] of Object.entries(services)) {
        const db = serviceDatabase(service);
        await role(run, db.owner, `login password ${literal(passwords.owner)}`);
        await role(run, db.app, `login password ${literal(passwords.app)}`);
        await role(run, db.worker, `login password ${literal(passwords.worker)}`);
        await run(`create schema if not exists ${db.schema}`);
        await run(`alter schema ${db.schema} owner to ${db.owner}`);
        await run(`grant usage on schema ${db.schema} to ${db.app}, ${db.worker}`);
        await run(`grant ${BUS_DATABASE.worker} to ${db.worker} with inherit true, set false`);
      }
    });
  } finally {
    await admin.destroy();
  }
}

async function role(run: (sql: string) => Promise<unknown>, name: string, options: string): Promise<void> {
  const attributes = `${options} nosuperuser nocreatedb nocreaterole noreplication nobypassrls`;
  await run(`do $$ begin
    if not exists (select from pg_roles where rolname = ${literal(name)}) then create role ${name} ${attributes};
    else alter role ${name} ${attributes}; end if; end $$`);
}

/** Runs what is pending, each migration in its own transaction; one runner at a time per schema. Answers the names that ran. */
export async function runMigrations(source: DataSource): Promise<string[]> {
  const schema = (source.options as { schema?: string }).schema ?? 'public';
  const runner = source.createQueryRunner();
  await runner.connect();
  try {
    await runner.query(`select pg_advisory_lock(hashtext($1))`, [`countersign-migrate-${schema}`]);
    const done = await source.runMigrations({ transaction: 'each' });
    return done.map(migration => migration.name);
  } finally {
    await runner.query(`select pg_advisory_unlock(hashtext($1))`, [`countersign-migrate-${schema}`]);
    await runner.release();
  }
}
