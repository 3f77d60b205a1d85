import { tenantId } from '@countersign/kernel';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../src/index.js';
import { sampleService as sample } from './sample-service.js';

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
    await first.uow.run(tenantId('acme'), tx => tx.query(`insert into thing values ('acme', 1, 'one', 'new')`));
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
