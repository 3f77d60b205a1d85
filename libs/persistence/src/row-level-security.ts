import { BUS_DATABASE, type ServiceDatabase } from './roles.js';

/**
 * Tables, of whatever schema, that have no tenant_id and no tenant policy; everything else fails the catalogue test. They
 * hold what belongs to the platform, not to a tenant.
 */
export const TABLES_WITHOUT_TENANT: readonly string[] = [
  'migrations',
  'signing_key',
  'bus_head',
  'bus_cursor',
  'bus_member',
];

const TENANT = `tenant_id = current_setting('app.tenant_id', true)`;

function base(db: Pick<ServiceDatabase, 'schema' | 'owner'>, table: string): string[] {
  const name = `${db.schema}.${table}`;
  return [
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
    // A forced-RLS owner sees no rows either: without this a backfill in a migration changes 0 rows, silently.
    `create policy migrator on ${name} to ${db.owner} using (true) with check (true)`,
  ];
}

/** Statements that put a table under tenant isolation: the app role sees and writes only the rows of `app.tenant_id`. */
export function tenantTable(db: ServiceDatabase, table: string, grants = 'select, insert, update, delete'): string[] {
  const name = `${db.schema}.${table}`;
  return [
    ...base(db, table),
    `create policy tenant on ${name} to ${db.app} using (${TENANT}) with check (${TENANT})`,
    `grant ${grants} on ${name} to ${db.app}`,
  ];
}

/** A tenant table that the worker role may use across tenants: outbox, inbox, delivery, attempt, timer and their like. */
export function queueTable(db: ServiceDatabase, table: string): string[] {
  const name = `${db.schema}.${table}`;
  return [
    ...tenantTable(db, table),
    `create policy worker on ${name} to ${db.worker} using (true) with check (true)`,
    `grant select, insert, update, delete on ${name} to ${db.worker}`,
  ];
}

/** A tenant table of which the worker role may read all rows (tenants, endpoints), but write none. */
export function workerReadableTable(db: ServiceDatabase, table: string): string[] {
  const name = `${db.schema}.${table}`;
  return [
    ...tenantTable(db, table),
    `create policy worker on ${name} for select to ${db.worker} using (true)`,
    `grant select on ${name} to ${db.worker}`,
  ];
}

/** A table of TABLES_WITHOUT_TENANT in a service's schema: worker and migrator only. */
export function platformTable(db: ServiceDatabase, table: string): string[] {
  const name = `${db.schema}.${table}`;
  return [
    ...base(db, table),
    `create policy worker on ${name} to ${db.worker} using (true) with check (true)`,
    `grant select, insert, update, delete on ${name} to ${db.worker}`,
  ];
}

/** A table of the Postgres bus: every service's worker, through the group role, and the migrator. */
export function busTable(table: string): string[] {
  const name = `${BUS_DATABASE.schema}.${table}`;
  return [
    ...base(BUS_DATABASE, table),
    `create policy worker on ${name} to ${BUS_DATABASE.worker} using (true) with check (true)`,
    `grant select, insert, update, delete on ${name} to ${BUS_DATABASE.worker}`,
  ];
}
