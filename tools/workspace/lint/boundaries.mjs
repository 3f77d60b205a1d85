/**
 * Who may import whom: layers from the kernel up to the apps, and scopes so that no service reaches into another. Read by
 * `@nx/enforce-module-boundaries`; every project.json carries one tag of each dimension.
 */
const NEST = ['@nestjs/*'];
const DATABASE = ['typeorm', 'pg', '@nestjs/typeorm'];
const BUS = ['kafkajs'];
const HTTP = ['fastify', '@fastify/*', 'express'];

/** For each layer: the layers it may import (itself included) and the npm packages it may not. */
export const LAYERS = {
  kernel: { imports: ['kernel'], banned: [...NEST, ...DATABASE, ...BUS, ...HTTP, 'zod', 'undici'] },
  contracts: { imports: ['contracts', 'kernel'], banned: [...NEST, ...DATABASE, ...BUS, ...HTTP, 'undici'] },
  // The integration tests of the next three start a Postgres of their own; lib code may not (see eslint.config.mjs).
  persistence: { imports: ['persistence', 'kernel', 'tool'], banned: [...BUS, ...HTTP] },
  messaging: { imports: ['messaging', 'persistence', 'contracts', 'kernel', 'tool'], banned: HTTP },
  platform: {
    imports: ['platform', 'messaging', 'persistence', 'contracts', 'kernel', 'tool'],
    banned: [...BUS, 'pg'],
  },
  // The lib `testing` only in tests (see eslint.config.mjs).
  app: { imports: ['platform', 'messaging', 'persistence', 'contracts', 'kernel', 'testing'], banned: [...BUS, 'pg'] },
  testing: {
    imports: ['testing', 'platform', 'messaging', 'persistence', 'contracts', 'kernel', 'tool'],
    banned: BUS,
  },
  e2e: { imports: ['contracts', 'testing'], banned: [...NEST, ...DATABASE, ...HTTP] },
  // Measures whatever there is, beside what it is made of.
  bench: { imports: ['bench', 'tool', 'platform', 'messaging', 'persistence', 'contracts', 'kernel'], banned: [] },
  tool: { imports: ['tool', 'platform', 'messaging', 'persistence', 'contracts', 'kernel'], banned: [...BUS, ...NEST] },
};

const SERVICES = ['gateway', 'auth-mfa', 'user-lifecycle', 'webhook-dispatcher'];

export const depConstraints = [
  ...Object.entries(LAYERS).map(([layer, { imports, banned }]) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: imports.map(name => `layer:${name}`),
    bannedExternalImports: banned,
  })),
  { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
  { sourceTag: 'scope:bench', onlyDependOnLibsWithTags: ['scope:bench', 'scope:tools', 'scope:shared'] },
  ...[...SERVICES, 'e2e', 'tools'].map(scope => ({
    sourceTag: `scope:${scope}`,
    onlyDependOnLibsWithTags: [`scope:${scope}`, 'scope:shared'],
  })),
];
