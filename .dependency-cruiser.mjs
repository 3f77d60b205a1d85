/** What `@nx/enforce-module-boundaries` does not see: cycles of files, and the layers inside an app. */
const ROLES = '[.](controller|consumer|repository|entity|schema|errors|module|spec|itest|e2e)[.]ts$';

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle of files means that neither can be understood, or loaded, without the other.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^node:' },
    },
    {
      name: 'use-case-imports-no-controller',
      severity: 'error',
      comment: 'Use cases are called by controllers and consumers, never the other way round.',
      from: { path: '^apps/[^/]+/src/', pathNot: [ROLES, 'src/(main|service|openapi|migrate)[.]ts$'] },
      to: { path: '[.](controller|consumer)[.]ts$' },
    },
    {
      name: 'domain-imports-no-infrastructure',
      severity: 'error',
      comment:
        'The file that bears its folder’s name in the singular is its domain: no Nest, no TypeORM, no row, no route.',
      // users/user.ts, groups/group.ts: `$1` is the folder.
      from: { path: '^apps/[^/]+/src/([^/]+)s/\\1[.]ts$' },
      to: { path: '[.](controller|consumer|repository|entity|module)[.]ts$|node_modules/(@nestjs|typeorm|pg)/' },
    },
    {
      name: 'schema-and-entity-are-leaves',
      severity: 'error',
      comment: 'Schemas and rows describe data; they call nobody.',
      from: { path: '^apps/.*[.](schema|entity|errors)[.]ts$' },
      to: { path: '^apps/.*[.](controller|consumer|repository|module)[.]ts$' },
    },
    {
      name: 'entry-points-are-not-imported',
      severity: 'error',
      from: { pathNot: '[.](spec|itest|e2e)[.]ts$' },
      to: { path: '^apps/[^/]+/src/(main|migrate|openapi)[.]ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]nx|[.]countersign|[.]test-results)/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@countersign/source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
    skipAnalysisNotInRules: true,
  },
};
