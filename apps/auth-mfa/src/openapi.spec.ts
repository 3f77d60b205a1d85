import { describeServiceApi, readOpenApi } from '@countersign/platform';
import { expect, it } from 'vitest';
import { service } from './service.js';

it('commits the OpenAPI document that the code makes (write it anew with `node dist/openapi.js`)', async () => {
  const made = JSON.parse(JSON.stringify(await describeServiceApi(service))) as unknown;
  expect(await readOpenApi(new URL('../openapi.json', import.meta.url))).toEqual(made);
});
