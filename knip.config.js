/** Dead exports and files. What a lib exports, somebody else must use; a service's entry points are started, not imported. */
const tests = ['src/**/*.{spec,itest,kafka-itest}.ts', 'test/**/*.ts'];

export default {
  // Which packages are declared is Nx's and npm's affair; here only code counts.
  include: ['exports', 'files', 'duplicates', 'unresolved'],
  ignoreExportsUsedInFile: true,
  workspaces: {
    '.': {
      entry: ['tools/workspace/**/*.mjs', '*.config.{js,mjs}', '.dependency-cruiser.mjs', 'vitest.base.ts'],
      project: ['tools/workspace/**/*.mjs'],
    },
    'apps/*': {
      entry: [
        'src/{main,migrate,openapi}.ts',
        'src/**/*.{spec,itest,kafka-itest,e2e,fault}.ts',
        'src/faults/skewed-clock.ts',
        ...tests,
      ],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
    'libs/*': {
      includeEntryExports: true,
      entry: ['src/index.ts', 'src/**/*.conformance.ts', ...tests],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
    bench: {
      entry: ['src/main.ts', 'src/**/*.process.ts', 'src/**/*.spec.ts'],
      project: ['src/**/*.ts'],
    },
    'tools/*': {
      includeEntryExports: true,
      entry: ['src/{index,main,tour,keeper}.ts', 'bin/*.mjs', ...tests],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
  },
};
