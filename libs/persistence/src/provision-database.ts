import type { DataSource } from 'typeorm';
import { createDataSource } from './data-source.js';
import { sqlState } from './retry.js';
import { BUS_DATABASE, serviceDatabase } from './roles.js';

/** Passwords of a service's three logins, made once by the installation (start command, chart). */
export interface ServicePasswords {
  owner: string;
  app: string;
  worker: string;
}

type Run = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

/**
 * Creates or updates roles, schemas and grants; safe to repeat, and for two databases of a cluster at once. Needs
 * PostgreSQL >= 16 and a login that may create roles and schemas: a superuser, or, as managed offers have it, one with
 * CREATEROLE that owns the database.
 * @throws Error when a role of that name exists with rights that would defeat the isolation of tenants
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
    await retryRoleRace(() => provision(admin, services, bus));
  } finally {
    await admin.destroy();
  }
}

function provision(
  admin: DataSource,
  services: Record<string, ServicePasswords>,
  bus: { owner: string },
): Promise<void> {
  return admin.transaction(async manager => {
    const run: Run = (sql, parameters) => manager.query(sql, parameters);
    await run(`select pg_advisory_xact_lock(hashtext('countersign-provision'))`);
    await ensureRole(run, BUS_DATABASE.owner, bus.owner);
    await ensureRole(run, BUS_DATABASE.worker);
    await ensureSchema(run, BUS_DATABASE.schema, BUS_DATABASE.owner, [BUS_DATABASE.worker]);
    for (const [service, passwords] of Object.entries(services)) {
      const db = serviceDatabase(service);
      await ensureRole(run, db.owner, passwords.owner);
      await ensureRole(run, db.app, passwords.app);
      await ensureRole(run, db.worker, passwords.worker);
      await ensureSchema(run, db.schema, db.owner, [db.app, db.worker]);
      // SET FALSE: the worker has the bus role's rights and cannot become it.
      await run(`grant ${BUS_DATABASE.worker} to ${db.worker} with inherit true, set false`);
    }
  });
}

/** A login with that password; without one, a group that nobody can log in as. */
async function ensureRole(run: Run, name: string, password?: string): Promise<void> {
  const options = password === undefined ? 'nologin' : `login password ${literal(password)}`;
  const [found] = await run(
    `select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as mighty from pg_roles where rolname = $1`,
    [name],
  );
  if (found?.['mighty'] === true) {
    throw new Error(
      `The role ${name} may bypass row-level security or make roles: ` +
        `run "alter role ${name} nosuperuser nobypassrls nocreaterole nocreatedb noreplication" as a superuser first`,
    );
  }
  // New roles have none of those rights; naming them would need a superuser even to take them away.
  await run(`${found ? 'alter' : 'create'} role ${name} ${options}`);
}

async function ensureSchema(run: Run, schema: string, owner: string, users: readonly string[]): Promise<void> {
  // Who is no superuser may give a schema only to a role that it can become.
  const [me] = await run(`select rolsuper as superuser from pg_roles where rolname = current_user`);
  if (me?.['superuser'] !== true) await run(`grant ${owner} to current_user with inherit true, set true`);
  const [found] = await run(`select nspowner::regrole::text as owner from pg_namespace where nspname = $1`, [schema]);
  if (!found) await run(`create schema ${schema} authorization ${owner}`);
  else if (found['owner'] !== owner) await run(`alter schema ${schema} owner to ${owner}`);
  await run(`grant usage on schema ${schema} to ${users.join(', ')}`);
}

/**
 * Roles belong to the cluster, which no lock spans: what loses a race between two databases (a role that is suddenly there,
 * XX000 "tuple concurrently updated") is done again.
 */
async function retryRoleRace(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const state = sqlState(error);
      const raced =
        state === '23505' || state === '42710' || (state === 'XX000' && /concurrently updated/.test(String(error)));
      if (!raced || attempt === 10) throw error;
    }
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
