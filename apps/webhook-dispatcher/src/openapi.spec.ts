import { describeServiceApi, readOpenApi } from '@countersign/platform';
import { expect, it } from 'vitest';
import { service } from './service.js';

it('has the committed openapi.json that the code makes', async () => {
  const made: unknown = JSON.parse(JSON.stringify(await describeServiceApi(service)));
  expect(made).toEqual(await readOpenApi(new URL('../openapi.json', import.meta.url)));
});
