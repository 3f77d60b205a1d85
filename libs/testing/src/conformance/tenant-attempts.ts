import type { Client } from 'pg';
import type { TableFacts } from './catalogue.js';
import { insertSynthetic } from './synthetic-row.js';

/** The two tenants of the attempts: `ours` tries to reach the rows of `theirs`. */
export const OURS = 'tenant-ours';
export const THEIRS = 'tenant-theirs';

/** Writes one row of each tenant into a table, as superuser, with its CHECKs and foreign keys dropped: the database is thrown away. */
export async function plantRows(admin: Client, schema: string, table: TableFacts): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = $1::regclass and contype in ('c', 'f') and coninhcount = 0`,
    [`${schema}.${table.name}`],
  );
  for (const { name } of rows) await admin.query(`alter table ${schema}."${table.name}" drop constraint "${name}"`);
  await admin.query(`set session_replication_role = replica`);
  for (const tenant of [OURS, THEIRS]) await admin.query(insertSynthetic(schema, table, tenant));
  await admin.query(`reset session_replication_role`);
}

type Outcome = { rows: Record<string, unknown>[]; count: number } | { code: string };

/** Runs one statement as the app role in a transaction of `ours`, or of nobody, and rolls it back. */
async function attempt(app: Client, tenant: string | undefined, sql: string): Promise<Outcome> {
  await app.query('begin');
  try {
    if (tenant !== undefined) await app.query(`select set_config('app.tenant_id', $1, true)`, [tenant]);
    const { rows, rowCount } = await app.query<Record<string, unknown>>(sql);
    return { rows, count: rowCount ?? 0 };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? String(error) };
  } finally {
    await app.query('rollback');
  }
}

/** Tries to read and to write the other tenant's row in every way; answers what it got away with. */
export async function breachesOf(app: Client, schema: string, table: TableFacts): Promise<string[]> {
  const name = `${schema}."${table.name}"`;
  const breaches: string[] = [];
  const nothing = async (what: string, tenant: string | undefined, sql: string) => {
    const outcome = await attempt(app, tenant, sql);
    const denied = 'code' in outcome ? outcome.code === '42501' : outcome.count === 0;
    if (!denied) breaches.push(`${what}: ${JSON.stringify(outcome)}`);
  };
  const refused = async (what: string, sql: string) => {
    const outcome = await attempt(app, OURS, sql);
    if (!('code' in outcome) || outcome.code !== '42501') breaches.push(`${what}: ${JSON.stringify(outcome)}`);
  };
  await nothing('reads the row of another tenant', OURS, `select tenant_id from ${name} where tenant_id <> '${OURS}'`);
  await nothing('reads without a tenant', undefined, `select tenant_id from ${name}`);
  await nothing('reads with an empty tenant', '', `select tenant_id from ${name}`);
  await nothing('updates it', OURS, `update ${name} set tenant_id = tenant_id where tenant_id = '${THEIRS}'`);
  await nothing('deletes it', OURS, `delete from ${name} where tenant_id = '${THEIRS}'`);
  await nothing('deletes without a tenant', undefined, `delete from ${name}`);
  await refused('inserts a row of another tenant', insertSynthetic(schema, table, THEIRS));
  await refused(
    'gives its row to another tenant',
    `update ${name} set tenant_id = 'tenant-third' where tenant_id = '${OURS}'`,
  );
  const own = await attempt(app, OURS, `select tenant_id from ${name}`);
  // A table whose own rows could not be read either would pass every check above. Without SELECT it is another matter.
  const readable = table.partition || 'code' in own || own.rows.length === 1;
  if (!readable) breaches.push(`does not show the tenant its own row: ${JSON.stringify(own)}`);
  return breaches;
}

/** One fingerprint for all rows of a tenant in a schema, as superuser. */
export async function fingerprint(
  admin: Client,
  schema: string,
  tables: readonly TableFacts[],
  tenant: string,
): Promise<string> {
  const parts: string[] = [];
  for (const { name, partition, columns } of tables) {
    if (partition || !columns.some(column => column.name === 'tenant_id')) continue;
    const { rows } = await admin.query<{ sum: string | null }>(
      `select string_agg(md5(t::text), ',' order by md5(t::text)) as sum from ${schema}."${name}" t where tenant_id = $1`,
      [tenant],
    );
    parts.push(`${name}:${rows[0]?.sum ?? ''}`);
  }
  return parts.join('\n');
}
