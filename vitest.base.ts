import { defineConfig, type ViteUserConfig } from 'vitest/config';

const conditions = ['@countersign/source', 'module', 'node', 'development|production'];

/**
 * The suites of a project: `unit` (*.spec.ts: no I/O), `itest` (*.itest.ts: real Postgres, real processes) and
 * `kafka-itest` (*.kafka-itest.ts: what also needs a Kafka, or Java to start one). Workspace packages resolve to their sources, so a test never runs against a stale build.
 */
export function projectConfig(root: string): ViteUserConfig {
  const shared = {
    ssr: { resolve: { conditions } },
    resolve: { conditions },
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  };
  return defineConfig({
    root,
    test: {
      passWithNoTests: true,
      projects: [
        { ...shared, root, test: { name: 'unit', include: ['src/**/*.spec.ts'] } },
        {
          ...shared,
          root,
          test: {
            name: 'itest',
            include: ['src/**/*.itest.ts', 'test/**/*.itest.ts'],
            pool: 'forks',
            testTimeout: 30_000,
            hookTimeout: 60_000,
          },
        },
        {
          ...shared,
          root,
          test: {
            name: 'kafka-itest',
            include: ['src/**/*.kafka-itest.ts', 'test/**/*.kafka-itest.ts'],
            pool: 'forks',
            testTimeout: 60_000,
            hookTimeout: 180_000,
          },
        },
      ],
    },
  });
}
