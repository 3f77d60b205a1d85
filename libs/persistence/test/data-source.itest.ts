import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '../src/index.js';
import { createTestSchema, type TestSchema } from './test-schema.js';

let schema: TestSchema;

beforeAll(async () => {
  schema = await createTestSchema();
});

afterAll(() => schema.close());

describe('createDataSource', () => {
  it('reads a URL of a socket, and gives every connection its search path, time limits and name', async () => {
    const url = schema.url('app');
    expect(new URL(url).searchParams.get('host')).toMatch(/^\//);
    const source = createDataSource({
      url,
      schema: 'sample_service',
      applicationName: 'sample',
      statementTimeoutMs: 1_234,
    });
    await source.initialize();
    const [row] = await source.query<Record<string, unknown>[]>(
      `select current_user as login, current_setting('search_path') as path, current_setting('statement_timeout') as "limit",
         current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name`,
    );
    await source.destroy();
    expect(row).toEqual({
      login: 'sample_service_app',
      path: 'sample_service',
      limit: '1234ms',
      idle: '1min',
      name: 'sample',
    });
  });

  it('says so when the database does not answer', async () => {
    const source = createDataSource({ url: 'postgresql://a:b@127.0.0.1:1/x', schema: 'x', applicationName: 'x' });
    await expect(source.initialize()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('the standard tables', () => {
  it('are what their entities say', async () => {
    const log = await schema.persistence.app.driver.createSchemaBuilder().log();
    expect(log.upQueries.map(({ query }) => query)).toEqual([]);
  });
});
