import type { ServiceDatabase } from './roles.js';
import { queueTable } from './row-level-security.js';
import type { SystemTransaction } from './unit-of-work.js';

/**
 * Statements that put a table `partition by range (<timestamptz>)` under tenant isolation as a queue table. Its partitions,
 * one a day (UTC), are made by `ensurePartitions`, under row-level security of their own.
 */
export function partitionedTable(db: ServiceDatabase, table: string): string[] {
  return queueTable(db, table);
}

/**
 * The functions that make and drop partitions; to be created once per schema, before the first use. They run as the owner
 * (SECURITY DEFINER), because neither app nor worker may create tables, and touch partitioned tables of this schema only.
 * A partition inherits neither row-level security nor policies: it gets the parent's, and no grants, so that it can only be
 * reached through the parent. pg_temp is named last in the search path, else the caller's temporary tables would come first.
 */
export function partitionFunctions(db: ServiceDatabase): string[] {
  const { schema, worker } = db;
  const options = `language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'`;
  const check = `if not exists (
      select from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
       where c.relnamespace = '${schema}'::regnamespace and c.relname = parent
    ) then raise exception 'no partitioned table %', parent using errcode = 'undefined_table'; end if;
    perform pg_advisory_xact_lock(hashtext('${schema}.' || parent));`;
  return [
    `create function ${schema}.ensure_partitions(parent text, from_day date, days int) returns int ${options} as $$
    declare day date; part text; made int := 0; policy record;
    begin
      ${check}
      for i in 0 .. least(days, 1000) - 1 loop
        day := from_day + i;
        part := parent || '_' || to_char(day, 'YYYYMMDD');
        if to_regclass(format('%I.%I', '${schema}', part)) is not null then continue; end if;
        -- Attached afterwards: that locks the parent far less than creating it as a partition does, and it is never
        -- there without its policies.
        execute format('create table ${schema}.%I (like ${schema}.%I including defaults including constraints)', part, parent);
        execute format('alter table ${schema}.%I enable row level security', part);
        execute format('alter table ${schema}.%I force row level security', part);
        for policy in
          select polname, polpermissive, polcmd, pg_get_expr(polqual, polrelid) as qual,
                 pg_get_expr(polwithcheck, polrelid) as with_check,
                 (select string_agg(case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', ')
                    from unnest(polroles) role) as roles
            from pg_policy where polrelid = format('${schema}.%I', parent)::regclass
        loop
          execute format('create policy %I on ${schema}.%I as %s for %s to %s', policy.polname, part,
              case when policy.polpermissive then 'permissive' else 'restrictive' end,
              case policy.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
              policy.roles)
            || coalesce(' using (' || policy.qual || ')', '') || coalesce(' with check (' || policy.with_check || ')', '');
        end loop;
        execute format('alter table ${schema}.%I attach partition ${schema}.%I for values from (%L) to (%L)', parent, part,
          day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
        made := made + 1;
      end loop;
      return made;
    end $$`,
    `create function ${schema}.drop_partitions(parent text, before_day date) returns int ${options} as $$
    declare part text; dropped int := 0;
    begin
      ${check}
      for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = format('${schema}.%I', parent)::regclass
           and c.relname ~ '_[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') < before_day
         order by 1
      loop
        execute format('drop table ${schema}.%I', part);
        dropped := dropped + 1;
      end loop;
      return dropped;
    end $$`,
    ...['ensure_partitions(text, date, int)', 'drop_partitions(text, date)'].flatMap(signature => [
      `revoke all on function ${schema}.${signature} from public`,
      `grant execute on function ${schema}.${signature} to ${worker}`,
    ]),
  ];
}

/** Makes the daily partitions (UTC) of `days` days (1000 at most) from `from` on that are missing. @returns how many it made */
export async function ensurePartitions(
  tx: SystemTransaction,
  table: string,
  range: { from: Date; days: number },
): Promise<number> {
  const parameters = [table, dayOf(range.from), range.days];
  const [row] = await tx.query<{ made: number }>(`select ensure_partitions($1, $2::date, $3) as made`, parameters);
  return row!.made;
}

/** Drops the partitions of days before that of `before` (UTC). @returns how many */
export async function dropPartitions(tx: SystemTransaction, table: string, before: Date): Promise<number> {
  const [row] = await tx.query<{ dropped: number }>(`select drop_partitions($1, $2::date) as dropped`, [
    table,
    dayOf(before),
  ]);
  return row!.dropped;
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
