import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrateService, startService } from '../src/index.js';
import { ownerUrl, prepare, until } from './harness.js';
import { sample } from './sample-service.js';

let parts: Awaited<ReturnType<typeof prepare>>;

beforeAll(async () => {
  parts = await prepare();
});
afterAll(() => parts?.close());

it('refuses to start while migrations are pending, naming them and the remedy; then starts and is ready', async () => {
  await expect(startService(sample, parts.config)).rejects.toThrow(/CreateSample1764000000001.*countersign migrate/);
  expect(await migrateService(sample, { DATABASE_OWNER_URL: ownerUrl(parts.config) })).toEqual([
    'CreateSample1764000000001',
  ]);
  expect(await migrateService(sample, { DATABASE_OWNER_URL: ownerUrl(parts.config) })).toEqual([]);

  const service = await startService(sample, parts.config);
  try {
    const get = async (path: string) => {
      const { statusCode, body } = await request(new URL(path, service.managementUrl));
      return { status: statusCode, text: await body.text() };
    };
    await until(async () => (await get('/readyz')).status === 200, 15_000);
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/metrics')).text).toContain('process_cpu_seconds_total');
  } finally {
    await service.stop();
  }
  await expect(request(new URL('/healthz', service.managementUrl))).rejects.toThrow();
});
