import { globSync } from 'node:fs';
import { basename } from 'node:path';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { depConstraints } from './tools/workspace/lint/boundaries.mjs';
import { explainedSuppression } from './tools/workspace/lint/explained-suppression.mjs';
import { ensureProjectGraph } from './tools/workspace/lint/project-graph.mjs';

await ensureProjectGraph(import.meta.dirname);

const TESTS = [
  '**/*.spec.ts',
  '**/*.itest.ts',
  '**/*.kafka-itest.ts',
  '**/*.e2e.ts',
  '**/*.conformance.ts',
  '**/test/**/*.ts',
  'libs/testing/**',
  'apps/platform-e2e/**',
];
const CONFIGS = ['**/vitest.config.ts', '*.config.{js,mjs}', '.dependency-cruiser.mjs'];

/** Syntax that no file may have; the environment and default exports are exempted where they belong. */
const focusedOrSkipped = {
  selector:
    'MemberExpression[object.type="Identifier"][object.name=/^(it|test|describe|suite|itest)$/][property.name=/^(only|skip|todo|skipIf|runIf|fails)$/]',
  message: 'A test that is focused, skipped or expected to fail proves nothing: make it run, or remove it.',
};
const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: "Only config.ts reads the environment: add the variable to the service's zod schema there.",
};
const defaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: one word for one thing, in every importing file.',
};
const restrict = (...rules) => ({ 'no-restricted-syntax': ['error', ...rules] });

const restrictImports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns: [apps, ...patterns] }] });
// Nx overlooks an app by its package's name, because apps export nothing.
const apps = {
  group: globSync('apps/*', { cwd: import.meta.dirname }).map(app => `@countersign/${basename(app)}`),
  message: 'An app is imported by nobody: services share contracts, and ask each other over HTTP.',
};
const kafkaDriver = { group: ['kafkajs', 'kafkajs/*'], message: 'kafkajs is named in libs/messaging/src/kafka only.' };
const testingLib = { group: ['@countersign/testing'], message: 'The lib testing is for tests only.' };
const localServers = {
  group: ['@countersign/embedded-postgres', '@countersign/kafka-broker', '@countersign/local-server'],
  message: 'The embedded Postgres and the local Kafka are for tests and tools only.',
};
const mainModule = {
  group: ['./main.js', './migrate.js', '../main.js', '../migrate.js'],
  message: 'An entry point starts a process; nothing imports it.',
};

export default defineConfig([
  globalIgnores(['**/dist/', '**/node_modules/', '.nx/', '.countersign/', '.test-results/', '**/coverage/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { countersign: { rules: { 'explained-suppression': explainedSuppression } } },
    rules: {
      'countersign/explained-suppression': 'error',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], depConstraints, enforceBuildableLibDependency: true, checkDynamicDependenciesExceptions: ['.*'] },
      ],
      // An index or a regular expression's group that the code has just proved: noUncheckedIndexedAccess cannot see it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Nest modules are classes that their decorator, or a static forRoot, fills.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      // An empty constructor hides its parent's optional parameter from Nest's injection.
      '@typescript-eslint/no-useless-constructor': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Promise.withResolvers<void>() is sound.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description', minimumDescriptionLength: 10 },
      ],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      ...restrict(focusedOrSkipped, environment, defaultExport),
      ...restrictImports(kafkaDriver, testingLib, localServers, mainModule),
    },
  },
  {
    files: ['{apps,libs,tools}/*/**/*.ts', 'bench/**/*.ts'],
    languageOptions: {
      parserOptions: { project: ['tsconfig.all.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  { files: ['**/config.ts', '**/*.config.ts'], rules: restrict(focusedOrSkipped, defaultExport) },
  { files: CONFIGS, rules: { ...restrict(focusedOrSkipped, environment), '@nx/enforce-module-boundaries': 'off' } },
  { files: ['libs/messaging/src/kafka/**'], rules: restrictImports(testingLib, localServers, mainModule) },
  { files: ['tools/**', 'libs/testing/**'], rules: restrictImports(kafkaDriver, mainModule) },
  // The baseline of a driver is its bare client.
  { files: ['bench/**'], rules: restrictImports(mainModule) },
  {
    files: TESTS,
    rules: {
      ...restrictImports(kafkaDriver),
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['libs/messaging/src/kafka/**/*.{spec,kafka-itest}.ts', 'libs/messaging/test/support/test-kafka.ts'],
    rules: restrictImports(mainModule),
  },
  { files: ['**/migrations/**', '**/*.conformance.ts'], rules: { 'max-lines': 'off' } },
  { files: ['tools/workspace/test/**'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  {
    // What speaks to a person at a terminal.
    files: ['tools/**', 'bench/**'],
    rules: { 'no-console': 'off' },
  },
  { files: ['tools/workspace/**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
]);
