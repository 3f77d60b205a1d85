import { tenantId } from '@countersign/kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlState, type UnitOfWork } from '../src/index.js';
import { CreateSample1764000000001, createTestSchema, migrate, type TestSchema } from './test-schema.js';

const acme = tenantId('acme');
const globex = tenantId('globex');
let schema: TestSchema;
let uow: UnitOfWork;

beforeAll(async () => {
  schema = await createTestSchema();
  uow = schema.persistence.uow;
  for (const tenant of [acme, globex]) {
    for (const table of ['thing', 'job', 'endpoint']) {
      await uow.run(tenant, tx => tx.query(`insert into ${table} values ($1, 1)`, [tenant]));
    }
  }
});

afterAll(() => schema.close());

const refused = async (work: Promise<unknown>) =>
  sqlState(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe.each(['thing', 'job', 'endpoint'])('the app role on %s', table => {
  it('sees its tenant only', async () => {
    expect(await uow.run(acme, tx => tx.query(`select tenant_id from ${table}`))).toEqual([{ tenant_id: 'acme' }]);
    expect(await uow.run(acme, tx => tx.query(`select from ${table} where tenant_id = 'globex'`))).toEqual([]);
  });

  it('changes no row of another tenant, and makes none', async () => {
    const foreign = `where tenant_id = 'globex' returning id`;
    expect(await uow.run(acme, tx => tx.query(`update ${table} set note = 'mine' ${foreign}`))).toEqual([]);
    expect(await uow.run(acme, tx => tx.query(`delete from ${table} ${foreign}`))).toEqual([]);
    expect(await refused(uow.run(acme, tx => tx.query(`insert into ${table} values ('globex', 2)`)))).toBe('42501');
    expect(await refused(uow.run(acme, tx => tx.query(`update ${table} set tenant_id = 'globex'`)))).toBe('42501');
  });

  it('sees nothing while no tenant is set', async () => {
    expect(await schema.persistence.app.query(`select * from ${table}`)).toEqual([]);
  });
});

describe('the worker role', () => {
  it('has the queue tables of all tenants, reads what is marked readable, and nothing else', async () => {
    const rows = (table: string) => uow.system('test', tx => tx.query(`select tenant_id from ${table} order by 1`));
    expect(await rows('job')).toHaveLength(2);
    expect(await rows('endpoint')).toHaveLength(2);
    expect(await refused(rows('thing'))).toBe('42501');
    expect(await refused(uow.system('test', tx => tx.query(`update endpoint set note = 'x'`)))).toBe('42501');
  });

  it('has the tables of the platform, which the app role has not', async () => {
    await uow.system('test', tx => tx.query('insert into signing_key values (1)'));
    expect(await refused(uow.run(acme, tx => tx.query('select * from signing_key')))).toBe('42501');
  });
});

describe('the logins', () => {
  it.each(['app', 'worker'] as const)('%s can become no other role, bypass nothing and own nothing', async login => {
    for (const role of [
      'sample_service_owner',
      'sample_service_worker',
      'sample_service_app',
      'bus_worker',
      'bus_owner',
    ]) {
      if (role === `sample_service_${login}`) continue;
      expect(await refused(schema.as(login, `set role ${role}`)), role).toBe('42501');
    }
    expect(await refused(schema.as(login, 'alter table thing disable row level security'))).toBe('42501');
    expect(await refused(schema.as(login, 'create table mine (id int)'))).toBe('42501');
    expect(
      await schema.as(
        login,
        `select rolsuper or rolbypassrls as mighty,
           exists (select from pg_class where relowner = r.oid) as owns from pg_roles r where rolname = current_user`,
      ),
    ).toEqual([{ mighty: false, owns: false }]);
  });

  it('the owner is under row-level security too, and sees all rows by a policy: a backfill reaches every tenant', async () => {
    class Backfill1764000000002 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.query(`update ${schemaName}.thing set note = tenant_id || '!'`);
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query(`update ${schemaName}.thing set note = ''`);
      }
    }
    const schemaName = 'sample_service';
    await migrate(schema.url('owner'), [CreateSample1764000000001, Backfill1764000000002]);
    for (const tenant of [acme, globex]) {
      expect(await uow.run(tenant, tx => tx.query('select note from thing'))).toEqual([{ note: `${tenant}!` }]);
    }
  });
});
