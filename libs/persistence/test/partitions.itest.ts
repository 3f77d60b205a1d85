import { tenantId } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropPartitions, ensurePartitions, sqlState, type UnitOfWork } from '../src/index.js';
import { createTestSchema, type TestSchema } from './test-schema.js';

const acme = tenantId('acme');
const from = new Date('2026-03-01T12:00:00Z');
let schema: TestSchema;
let uow: UnitOfWork;

beforeAll(async () => {
  schema = await createTestSchema();
  uow = schema.persistence.uow;
});

afterAll(() => schema.close());

const ensure = (days: number) => uow.system('test', tx => ensurePartitions(tx, 'log', { from, days }));
const partitions = () =>
  schema.as(
    'owner',
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced, pg_get_userbyid(c.relowner) as owner,
       (select string_agg(format('%s %s %s %s', polname, polroles::regrole[], pg_get_expr(polqual, polrelid),
          pg_get_expr(polwithcheck, polrelid)), '; ' order by polname) from pg_policy where polrelid = c.oid) as policies,
       (select count(*)::int from pg_index where indrelid = c.oid) as indexes
     from pg_class c where relname like 'log%' and relkind in ('r', 'p') order by 1`,
  );

describe('partitions', () => {
  it('are made once, by several workers at once too, with the policies and indexes of their parent', async () => {
    expect((await Promise.all([ensure(3), ensure(3), ensure(2)])).reduce((sum, made) => sum + made)).toBe(3);
    const [parent, ...parts] = await partitions();
    expect(parts.map(part => part['name'])).toEqual(['log_20260301', 'log_20260302', 'log_20260303']);
    expect(parent).toMatchObject({ forced: true, owner: 'sample_service_owner', indexes: 2 });
    for (const part of parts) expect(part).toEqual({ ...parent, name: part['name'] });
  });

  it('hold a day of UTC each, and only the tenant sees its rows', async () => {
    const row = (at: string) => uow.run(acme, tx => tx.query(`insert into log values ('acme', $1, 1)`, [at]));
    await row('2026-03-01T23:59:59.999Z');
    await row('2026-03-02T00:00:00Z');
    expect(await schema.as('owner', 'select count(*)::int as n from log_20260302')).toEqual([{ n: 1 }]);
    expect(await uow.run(acme, tx => tx.query('select id from log'))).toHaveLength(2);
    expect(await uow.run(tenantId('globex'), tx => tx.query('select id from log'))).toEqual([]);
    expect(await uow.system('test', tx => tx.query('select id from log'))).toHaveLength(2);
  });

  it('cannot be reached but through their parent', async () => {
    for (const login of ['app', 'worker'] as const) {
      const direct = schema.as(login, 'select * from log_20260301');
      await expect(direct).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('are dropped when their day is before the given one', async () => {
    const drop = (day: string) => uow.system('test', tx => dropPartitions(tx, 'log', new Date(day)));
    expect(await drop('2026-03-02T18:00:00Z')).toBe(1);
    expect((await partitions()).map(part => part['name'])).toEqual(['log', 'log_20260302', 'log_20260303']);
    expect(await drop('2026-03-02T18:00:00Z')).toBe(0);
  });
});

describe('the functions', () => {
  const fails = async (work: Promise<unknown>) =>
    sqlState(
      await work.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );

  it('are for the worker alone, and for partitioned tables of the schema alone', async () => {
    expect(await fails(schema.as('app', `select ensure_partitions('log', '2026-04-01', 1)`))).toBe('42501');
    for (const table of ['thing', 'nothing', 'log; drop table thing', 'pg_class']) {
      expect(await fails(schema.as('worker', `select drop_partitions('${table}', '2999-01-01')`)), table).toBe('42P01');
    }
  });

  it("are not led astray by the caller's temporary tables", async () => {
    const lure = schema.as(
      'worker',
      `create temporary table pg_partitioned_table as select 'thing'::regclass::oid as partrelid;
       create temporary table pg_inherits as select 'thing'::regclass::oid as inhrelid, 'thing'::regclass::oid as inhparent;
       select drop_partitions('thing', '2999-01-01')`,
    );
    expect(await fails(lure)).toBe('42P01');
  });
});
