import { createDataSource } from '@countersign/persistence';

type Connection = ReturnType<typeof createDataSource>;

/** Users of the large tenant, and of all others together. */
export const USERS = 1_000_000;
export const OTHER_USERS = 50_000;
export const LARGE = 'acme';

/** The id of the n-th user, in the order in which they were created. */
export const userId = (n: number) => `usr_${String(n).padStart(9, '0')}`;
const USER_ID = `'usr_' || lpad(n::text, 9, '0')`;

/** The n-th user's share of each thing is decided by digits of a hash, so that no two go together; some are rare. */
const digits = (seed: number, below: number) => `(hashint4(n + ${seed})::bigint + 2147483648) % ${below}`;
const TENANT = `case when n <= ${USERS} then '${LARGE}' else 'other-' || n % 5 end`;
const SERIES = `generate_series(1, ${USERS + OTHER_USERS}) n`;

const USERS_SQL = `
  insert into users (tenant_id, id, login, login_key, first_name, first_name_key, last_name, last_name_key, user_type, country,
    email, email_key, mobile, manager_id, attributes, roles, status, deleted, provisioned_apps, created_at, updated_at, version)
  select tenant, id, login, login, initcap(first), first, initcap(last), last,
    case when type < 800 then 'Employee' when type < 990 then 'Contractor' when type < 999 then 'Partner' else 'Board' end,
    case when home < 4000 then 'India' when home < 6000 then 'Germany' when home < 9900 then 'Brazil'
         when home < 9970 then 'Peru' when home < 9999 then 'Nepal' else 'Nauru' end,
    login || '@example.com', login || '@example.com', '+1' || (2000000000 + n),
    case when n > 10 then 'usr_' || lpad((n / 12 + 1)::text, 9, '0') end,
    '{}', case when n <= 3 then '{ORG_ADMIN,USER}'::text[] else '{USER}' end, status, status = 'deleted', '{}',
    timestamptz '2026-01-01' + n * interval '1 second',
    timestamptz '2026-02-01' + ${digits(9, 2_000_000)} * interval '1 second', 1
  from (
    select n, ${TENANT} as tenant, ${USER_ID} as id, type, home,
      (array['sh','k','m','p','r','s','t','v','b','g'])[1 + name % 10] || n as login,
      (array['an','bo','cha','da','el','fa','gi','ha','is','jo','ka','li','mo','na','ol','pe','ra','si','to','vi'])[1 + name % 20]
        || (array['na','ris','la','vid','sa','ro'])[1 + name / 20 % 6] as first,
      (array['sh','k','m','p','r','s','t','v','b','g'])[1 + type % 10] || (array['a','e','i','o','u'])[1 + name / 7 % 5]
        || (array['rma','nde','ller','tel','ng','so','kov','nsen'])[1 + home % 8] || '-' || name % 200 as last,
      case when state < 900 then 'active' when state < 930 then 'disabled' when state < 932 then 'staged' else 'deleted' end as status
    from (select n, ${digits(1, 1000)} as type, ${digits(2, 100_000)} as name, ${digits(3, 10_000)} as home,
                 ${digits(4, 1000)} as state from ${SERIES}) shares) users`;

/** Values of users by their name, one row for each entry; 40 grades, 500 helpdesk people, badges and dates for some. */
const SEARCH_VALUES: readonly [name: string, value: string, which: string][] = [
  ['attributes.badge', `'b-' || n`, 'n % 5 = 0'],
  ['attributes.floor', '(n % 70)::text', 'n % 10 = 1'],
  ['attributes.grade', `'g' || ${digits(5, 40)}`, 'true'],
  ['attributes.hired', `to_char(date '2000-01-01' + (n % 9000), 'YYYY-MM-DD')`, 'n % 5 = 3'],
  ['attributes.remote', '(n % 100 = 2)::text', 'n % 10 = 2'],
  ['roles', `case when n <= 3 then 'ORG_ADMIN' else 'HELPDESK' end`, 'n <= 3 or n % 2000 = 7'],
  ['roles', `'USER'`, 'true'],
];

/** Half of all are in the first group, one in a hundred in the second, twenty or so in each of the others. */
const MEMBERS: readonly [group: string, which: string][] = [
  [`'grp_000001'`, 'n % 2 = 0'],
  [`'grp_000002'`, 'n % 100 = 17'],
  [`'grp_' || lpad((3 + n % 9973)::text, 6, '0')`, 'n % 5 = 4'],
];

const OTHERS_SQL = [
  ...SEARCH_VALUES.map(
    ([name, value, which]) => `
      insert into user_search_values (tenant_id, name, value, user_id)
      select ${TENANT}, '${name}', ${value}, ${USER_ID} from ${SERIES} where ${which}`,
  ),
  `insert into unique_values (tenant_id, name, value, user_id)
   select ${TENANT}, 'attributes.badge', 'b-' || n, ${USER_ID} from ${SERIES} where n % 5 = 0`,
  `insert into unique_values (tenant_id, name, value, user_id)
   select tenant_id, 'login', 'u' || id, id from (select ${TENANT} as tenant_id, ${USER_ID} as id from ${SERIES} where n % 4 = 0) u`,
  `insert into groups (tenant_id, id, name, name_key, created_at, updated_at, deleted_at, version)
   select '${LARGE}', 'grp_' || lpad(n::text, 6, '0'), 'Group ' || n, 'group ' || n,
          timestamptz '2026-01-01' + n * interval '1 minute', now(), case when n % 7 = 0 then now() end, 1
     from generate_series(1, 40000) n`,
  ...MEMBERS.map(
    ([group, which]) => `
      insert into group_members (tenant_id, group_id, user_id)
      select '${LARGE}', ${group}, ${USER_ID} from generate_series(1, ${USERS}) n where ${which}`,
  ),
  `insert into audit_log (tenant_id, at, id, actor_type, actor_id, action, target_type, target_id, changes, trace_id)
   select ${TENANT}, timestamptz '2026-01-01' + n * interval '1 second', 'aud_' || lpad(n::text, 9, '0'), 'user',
          case when n < 2000 then 'usr_early' when n % 100 = 0 then ${"'usr_' || lpad((n % 1000)::text, 9, '0')"} else 'usr_importer' end,
          case when n < 50000 then 'group.created' when n % 1000 = 5 then 'user.deleted' else 'user.created' end,
          case when n < 50000 then 'group' else 'user' end, ${USER_ID}, '{}',
          case when n % 3 = 0 then 'import' else md5(n::text) end
     from generate_series(1, 300000) n`,
];

interface Dropped {
  restore: string;
  drop: string;
}

/** Keys, indexes and foreign keys are made after the rows: in a tenth of the time that keeping them up takes. */
async function withoutIndexes(
  connection: Connection,
  tables: readonly string[],
  fill: () => Promise<void>,
): Promise<void> {
  // Foreign keys need the keys: they go first and come last.
  const dropped = await connection.query<Dropped[]>(
    `select restore, drop from (
       select contype = 'f' as late, format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as restore,
              format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop
         from pg_constraint where contype in ('f', 'p') and conrelid = any($1::regclass[])
       union all
       select false, pg_get_indexdef(indexrelid), format('drop index %s', indexrelid::regclass)
         from pg_index where not indisprimary and indrelid = any($1::regclass[])) made
     order by late desc`,
    [tables],
  );
  for (const { drop } of dropped) await connection.query(drop);
  await fill();
  for (const { restore } of dropped.reverse()) await connection.query(restore);
}

/** One connection of the owner's, with memory to sort in. */
async function connect(url: string): Promise<Connection> {
  const connection = createDataSource({
    url,
    schema: 'user_lifecycle',
    applicationName: 'test-fill',
    poolMax: 1,
    statementTimeoutMs: 500_000,
  });
  await connection.initialize();
  await connection.query(`set work_mem = '128MB'`);
  await connection.query(`set maintenance_work_mem = '256MB'`);
  return connection;
}

/** Fills the tables as the owner, on two connections: the users, and all that stands beside them. */
export async function fill(ownerUrl: string): Promise<void> {
  const [first, second] = [await connect(ownerUrl), await connect(ownerUrl)];
  try {
    await first.query('alter table group_members drop constraint group_members_user');
    const users = withoutIndexes(first, ['users'], async () => {
      await first.query(USERS_SQL);
    });
    const others = withoutIndexes(
      second,
      ['user_search_values', 'unique_values', 'groups', 'group_members', 'audit_log'],
      async () => {
        for (const statement of OTHERS_SQL) await second.query(statement);
      },
    );
    await Promise.all([users, others]);
    await first.query(
      `alter table group_members add constraint group_members_user foreign key (tenant_id, user_id) references users (tenant_id, id)`,
    );
    await first.query('insert into attribute_catalogs (tenant_id, attributes, version) values ($1, $2, 1)', [
      LARGE,
      JSON.stringify(CATALOG),
    ]);
  } finally {
    await Promise.all([first.destroy(), second.destroy()]);
  }
}

/** The large tenant's own attributes: one of each type. */
export const CATALOG = [
  { name: 'badge', type: 'string', unique: true },
  { name: 'grade', type: 'enum', values: Array.from({ length: 40 }, (_, n) => `G${n}`) },
  { name: 'floor', type: 'number' },
  { name: 'remote', type: 'boolean' },
  { name: 'hired', type: 'date' },
] as const;

/** What autovacuum does after an import within minutes. */
export async function settle(ownerUrl: string): Promise<void> {
  const connection = await connect(ownerUrl);
  try {
    await connection.query('vacuum (analyze)');
  } finally {
    await connection.destroy();
  }
}
