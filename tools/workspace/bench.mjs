import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureRuntime, root } from './runtime.mjs';

/** `npm run bench`: builds what has changed, then measures in the same process. `npm run bench -- --help` names the benchmarks. */
if (await ensureRuntime(fileURLToPath(import.meta.url), process.argv.slice(2))) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const build = spawnSync(process.execPath, [compiler, '-b', root], { cwd: root, stdio: ['ignore', 2, 2] });
  if (build.status !== 0) process.exit(1);
  process.chdir(root);
  await import(pathToFileURL(join(root, 'bench/dist/main.js')).href);
}
