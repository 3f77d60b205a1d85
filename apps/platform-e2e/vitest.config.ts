import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const conditions = ['@countersign/source', 'module', 'node', 'development|production'];
const shared = { root, resolve: { conditions }, ssr: { resolve: { conditions } } };

/**
 * `support`: the suites' own tools against tiny local servers. `e2e`: one platform for all files, started once.
 * `crash`: platforms of its own that it kills; alone, because a dying platform makes every other suite slow. `faults`: one
 * platform on the bus under test, whose parts are killed, paused and misled about the time; run by a target of its own.
 */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        ...shared,
        test: { name: 'support', include: ['src/support/**/*.spec.ts'], sequence: { groupOrder: 0 } },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['src/e2e/**/*.e2e.ts'],
          exclude: ['src/e2e/crash-*.e2e.ts'],
          globalSetup: ['src/support/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          name: 'crash',
          include: ['src/e2e/crash-*.e2e.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...shared,
        test: {
          name: 'faults',
          include: ['src/faults/**/*.fault.ts'],
          globalSetup: ['src/faults/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 1_200_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
