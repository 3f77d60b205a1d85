import type { Client } from 'pg';

/** A row-level security policy, as pg_policy has it. */
export interface PolicyFacts {
  name: string;
  permissive: boolean;
  command: 'all' | 'select' | 'insert' | 'update' | 'delete';
  roles: string[];
  using: string | null;
  check: string | null;
}

/** An index or foreign key with its columns in order; null stands for an expression. */
export interface KeyFacts {
  name: string;
  columns: (string | null)[];
}

export interface ColumnFacts {
  name: string;
  /** Type as `format_type` writes it. */
  type: string;
  notNull: boolean;
  /** Has a default, is an identity or is computed: an insert may leave it out. */
  filled: boolean;
  /** First label of an enumeration. */
  label: string | null;
}

/** What the catalogue says of one table or partition. */
export interface TableFacts {
  name: string;
  partition: boolean;
  owner: string;
  rowSecurity: boolean;
  forced: boolean;
  columns: ColumnFacts[];
  primaryKey: KeyFacts | null;
  uniques: KeyFacts[];
  foreignKeys: KeyFacts[];
  policies: PolicyFacts[];
  /** Privileges by role; `PUBLIC` is everybody. */
  grants: Record<string, string[]>;
}

const KEY = (filter: string) => `(select coalesce(json_agg(json_build_object('name', k.relname, 'columns',
    (select json_agg(a.attname order by n) from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality u(attnum, n)
       left join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum and u.attnum > 0))), '[]')
  from pg_index i join pg_class k on k.oid = i.indexrelid where i.indrelid = c.oid and ${filter})`;

const TABLES = `
select c.relname as name, c.relispartition as partition, pg_get_userbyid(c.relowner) as owner,
  c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as forced,
  (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'notNull', a.attnotnull, 'filled', a.atthasdef or a.attidentity <> '',
      'label', (select enumlabel from pg_enum where enumtypid = a.atttypid order by enumsortorder limit 1)) order by a.attnum), '[]')
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  ${KEY('i.indisprimary')} -> 0 as "primaryKey",
  ${KEY('i.indisunique and not i.indisprimary')} as uniques,
  (select coalesce(json_agg(json_build_object('name', f.conname, 'columns',
      (select json_agg(a.attname order by n) from unnest(f.conkey) with ordinality u(attnum, n)
         join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum))), '[]')
     from pg_constraint f where f.conrelid = c.oid and f.contype = 'f') as "foreignKeys",
  (select coalesce(json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive,
      'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      'roles', (select json_agg(case r when 0 then 'PUBLIC' else pg_get_userbyid(r) end) from unnest(p.polroles) r),
      'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname), '[]')
     from pg_policy p where p.polrelid = c.oid) as policies,
  (select coalesce(json_object_agg(grantee, privileges), '{}') from (
     select case g.grantee when 0 then 'PUBLIC' else pg_get_userbyid(g.grantee) end as grantee,
       array_agg(distinct g.privilege_type order by g.privilege_type) as privileges
     from aclexplode(c.relacl) g group by 1) granted) as grants
from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'f') order by 1`;

export async function readTables(admin: Client, schema: string): Promise<TableFacts[]> {
  return (await admin.query<TableFacts>(TABLES, [schema])).rows;
}

/** Other things of a schema that can get around row-level security. */
export interface SchemaFacts {
  /** Views that read with their owner's rights, and materialized views, which have no policies. */
  views: string[];
  /** SECURITY DEFINER functions that everybody may call, or that do not fix a search path ending in pg_temp. */
  functions: string[];
}

export async function readSchema(admin: Client, schema: string): Promise<SchemaFacts> {
  const views = await admin.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = $1::regnamespace and (relkind = 'm' or relkind = 'v'
       and not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'])`,
    [schema],
  );
  const functions = await admin.query<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = $1::regnamespace and p.prosecdef and (
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee = 0)
       or not exists (select from unnest(p.proconfig) s where s ~ '^search_path=.*pg_temp"?$'))`,
    [schema],
  );
  return { views: views.rows.map(row => row.name), functions: functions.rows.map(row => row.name) };
}

export interface RoleFacts {
  name: string;
  mighty: boolean;
  /** Roles that it can become by SET ROLE. */
  canBecome: string[];
  memberOf: string[];
}

export async function readRoles(admin: Client, names: readonly string[]): Promise<RoleFacts[]> {
  const { rows } = await admin.query<RoleFacts>(
    `select r.rolname as name, r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as mighty,
       (select coalesce(json_agg(o.rolname), '[]') from pg_roles o where o.oid <> r.oid and pg_has_role(r.oid, o.oid, 'SET')) as "canBecome",
       (select coalesce(json_agg(o.rolname), '[]') from pg_roles o where o.oid <> r.oid and pg_has_role(r.oid, o.oid, 'MEMBER')) as "memberOf"
     from pg_roles r where r.rolname = any($1) order by 1`,
    [names],
  );
  return rows;
}
