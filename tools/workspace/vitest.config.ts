import { projectConfig } from '../../vitest.base.ts';

const config = projectConfig(import.meta.dirname);
/** What docker compose is needed for, beside the suites that every project has. */
config.test?.projects?.push({
  root: import.meta.dirname,
  test: { name: 'compose', include: ['test/**/*.compose-itest.ts'], testTimeout: 30_000, hookTimeout: 60_000 },
});

export default config;
