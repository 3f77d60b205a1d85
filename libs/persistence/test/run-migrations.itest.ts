import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertMigrated, createDataSource } from '../src/index.js';
import { CreateSample1764000000001, createTestSchema, db, migrate, type TestSchema } from './test-schema.js';

abstract class Statement implements MigrationInterface {
  abstract readonly sql: string;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(this.sql);
  }

  async down(): Promise<void> {
    await Promise.resolve();
  }
}

class Slow1764000000002 extends Statement {
  readonly sql = `create table ${db.schema}.slow as select 1 as id from pg_sleep(0.3)`;
}

class Broken1764000000003 extends Statement {
  readonly sql = `create table ${db.schema}.broken (id int); insert into ${db.schema}.broken values ('no number')`;
}

class Named1764000000004 extends Statement {
  readonly name = 'OtherName1764000000004';
  readonly sql = `create table ${db.schema}.named (id int)`;
}

let schema: TestSchema;

beforeEach(async () => {
  schema = await createTestSchema();
});

afterEach(() => schema.close());

const tables = async () =>
  (
    await schema.as('owner', `select relname from pg_class where relname in ('slow', 'broken', 'named') order by 1`)
  ).map(row => row['relname']);

describe('runMigrations', () => {
  it('lets one of two runners work, and the other find nothing to do', async () => {
    const run = () => migrate(schema.url('owner'), [CreateSample1764000000001, Slow1764000000002]);
    const ran = await Promise.all([run(), run(), run()]);
    expect(ran.flat()).toEqual(['Slow1764000000002']);
  });

  it('keeps the migrations before a failing one, and nothing of that', async () => {
    const migrations = [CreateSample1764000000001, Slow1764000000002, Broken1764000000003, Named1764000000004];
    await expect(migrate(schema.url('owner'), migrations)).rejects.toThrow(/no number/);
    expect(await tables()).toEqual(['slow']);
    await expect(assertMigrated(schema.persistence.worker, migrations)).rejects.toThrow(
      /Broken1764000000003, OtherName1764000000004.*countersign migrate/,
    );
    const mended = migrations.filter(migration => migration !== Broken1764000000003);
    expect(await migrate(schema.url('owner'), mended)).toEqual(['OtherName1764000000004']);
    expect(await tables()).toEqual(['named', 'slow']);
  });

  it('frees its lock when it fails', async () => {
    const fails = () => migrate(schema.url('owner'), [CreateSample1764000000001, Broken1764000000003]);
    await expect(fails()).rejects.toThrow(/no number/);
    await expect(fails()).rejects.toThrow(/no number/);
  });
});

describe('assertMigrated', () => {
  it('accepts a schema that is up to date, or ahead of the code', async () => {
    await migrate(schema.url('owner'), [CreateSample1764000000001, Named1764000000004]);
    await expect(
      assertMigrated(schema.persistence.worker, [CreateSample1764000000001, Named1764000000004]),
    ).resolves.toBeUndefined();
    await expect(assertMigrated(schema.persistence.worker, [CreateSample1764000000001])).resolves.toBeUndefined();
  });

  it('names everything when nothing ever ran', async () => {
    const empty = createDataSource({ url: schema.url('worker'), schema: 'public', applicationName: 'test' });
    await empty.initialize();
    await expect(assertMigrated(empty, [CreateSample1764000000001])).rejects.toMatchObject({
      name: 'PendingMigrationsError',
      pending: ['CreateSample1764000000001'],
    });
    await empty.destroy();
  });
});
