/** Dead exports and files. A lib's index is its API; a service's entry points are started, not imported. */
const tests = ['src/**/*.{spec,itest}.ts', 'test/**/*.ts'];

export default {
  // The set of packages is toolchain.md's and Nx's affair; here only code counts.
  include: ['exports', 'files', 'duplicates', 'unresolved'],
  ignoreExportsUsedInFile: true,
  workspaces: {
    '.': {
      entry: ['tools/workspace/**/*.mjs', '*.config.{js,mjs}', '.dependency-cruiser.mjs', 'vitest.base.ts'],
      project: ['tools/workspace/**/*.mjs'],
    },
    'apps/*': {
      entry: ['src/{main,migrate,openapi}.ts', 'src/**/*.{spec,itest,e2e}.ts', ...tests],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
    'libs/*': {
      entry: ['src/index.ts', 'src/**/*.conformance.ts', ...tests],
      project: ['src/**/*.ts', 'test/**/*.ts'],
    },
    'tools/*': { entry: ['src/{index,main,tour}.ts', 'bin/*.mjs', ...tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
  },
};
