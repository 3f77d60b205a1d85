import { tenantId } from '@countersign/kernel';
import { serviceDatabase, standardEntities, standardTables, tenantTable } from '@countersign/persistence';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../src/index.js';

const db = serviceDatabase('sample-service');

class CreateSample1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...standardTables(db),
      `create table ${db.schema}.thing (tenant_id text not null, id int not null, constraint thing_pkey primary key (tenant_id, id))`,
      ...tenantTable(db, 'thing'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${db.schema}.thing`);
  }
}

const sample = {
  name: 'sample-service',
  database: { entities: standardEntities, migrations: [CreateSample1764000000001] },
};

describe('createTestDatabase', () => {
  let one: TestDatabase;
  let two: TestDatabase;

  beforeAll(async () => {
    [one, two] = await Promise.all([
      createTestDatabase({ services: [sample] }),
      createTestDatabase({ services: [sample] }),
    ]);
  });

  afterAll(async () => {
    await one.close();
    await two.close();
  });

  it('gives each caller a migrated database of its own with the logins of production', async () => {
    const [first, second] = await Promise.all([one.open(sample), two.open(sample)]);
    await first.uow.run(tenantId('acme'), tx => tx.query(`insert into thing values ('acme', 1)`));
    const rows = (persistence: typeof first) =>
      persistence.uow.run(tenantId('acme'), tx => tx.query('select id from thing'));
    expect(await rows(first)).toEqual([{ id: 1 }]);
    expect(await rows(second)).toEqual([]);
  });

  it('has the schema of the bus in it', async () => {
    const client = new pg.Client({ connectionString: one.url('sample-service', 'worker') });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as n from bus.bus_head');
    await client.end();
    expect(rows).toEqual([{ n: 0 }]);
  });
});
