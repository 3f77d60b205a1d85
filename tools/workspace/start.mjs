import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRuntime, root } from './runtime.mjs';

/**
 * `npm start`, `npm run tour`, `npm run init` and `npm run kafka`: builds what has changed since the last time, then goes on
 * in the same process as the supervisor, the tour, the operator's command or the broker's. Plain JavaScript that runs on
 * Node 20: on a fresh clone nothing is built yet.
 */
const args = process.argv.slice(2);
const compiler = join(root, 'node_modules/typescript/bin/tsc');

if (!existsSync(compiler)) {
  console.error('The packages are not installed yet: run "npm ci" first.');
  process.exit(1);
}
if (await ensureRuntime(fileURLToPath(import.meta.url), args)) {
  // Compiled code is kept, for the children too: a second start need not compile ten thousand files again.
  process.env.NODE_COMPILE_CACHE ||= join(root, 'node_modules/.cache/countersign');
  module.enableCompileCache();
  const isKafka = args[0]?.startsWith('kafka');
  const built = existsSync(join(root, isKafka ? 'tools/kafka/dist/main.js' : 'tools/standalone/dist/main.js'));
  if (!built) console.log(`Building (only the first time${isKafka ? '' : ', about half a minute'})`);
  const build = spawnSync(process.execPath, [compiler, '-b', isKafka ? join(root, 'tools/kafka') : root], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (build.status !== 0) {
    console.error('The build failed, see above.');
    process.exit(1);
  }
  process.chdir(root);
  const load = path => import(new URL(path, import.meta.url).href);
  if (args[0] === 'tour') await load('../standalone/dist/tour.js');
  else if (args[0] === 'init') await (await load('../cli/dist/program.js')).runProgram(args);
  else if (isKafka) await load('../kafka/dist/main.js');
  else await load('../standalone/dist/main.js');
}
