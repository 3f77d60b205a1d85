import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `@nx/enforce-module-boundaries` reads the graph from Nx's cache and, without one, lets every violation pass with a warning.
 * Inside an Nx task the cache is fresh; a bare `eslint` on a fresh clone builds it here first.
 */
export async function ensureProjectGraph(root) {
  const cache = join(process.env.NX_WORKSPACE_DATA_DIRECTORY ?? join(root, '.nx/workspace-data'), 'project-graph.json');
  if (existsSync(cache)) return;
  process.env.NX_DAEMON ??= 'false';
  const { createProjectGraphAsync } = await import('@nx/devkit');
  await createProjectGraphAsync({ exitOnError: false });
}
