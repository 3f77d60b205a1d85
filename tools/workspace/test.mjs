import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLine, readSuite } from './results.mjs';
import { ensureRuntime, root } from './runtime.mjs';

/**
 * `npm test`: build, format, lint, types, then every suite of every project, one after the other; the closing line counts
 * all tests and each of the four checks as one. Arguments choose stages: `npm test -- unit itest`.
 */
const results = join(root, '.test-results');
const bin = join(root, 'node_modules/.bin');
const environment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_NO_CLOUD: 'true',
};
const total = { passed: 0, failed: 0, notes: [] };

if (await ensureRuntime(fileURLToPath(import.meta.url), process.argv.slice(2)))
  process.exit(await main(process.argv.slice(2)));

async function main(chosen) {
  const stages = [
    ['build', () => check('build', nx('run-many', '-t', 'build'))],
    ['format', () => check('format', nx('run', 'workspace:format-check'))],
    ['lint', () => check('lint', nx('run-many', '-t', 'lint', '--skip-nx-cache'))],
    ['typecheck', () => check('typecheck', nx('run-many', '-t', 'typecheck'))],
    ['unit', () => suites('test', 'unit', true)],
    ['itest', () => suites('itest', 'itest', true)],
    ['e2e', () => suites('e2e', 'e2e', false)],
  ];
  const unknown = chosen.filter(name => !stages.some(([stage]) => stage === name));
  if (unknown.length > 0) {
    console.error(`No such stage: ${unknown.join(', ')}. Stages: ${stages.map(([stage]) => stage).join(', ')}`);
    return 1;
  }
  rmSync(results, { recursive: true, force: true });
  for (const [name, run] of stages) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const startedAt = Date.now();
    console.log(`\n=== ${name}`);
    const { passed, failed } = await run();
    if (name === 'build' && failed > 0) chosen = ['nothing after a failed build'];
    console.log(`=== ${name}: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }
  for (const note of total.notes) console.log(`- ${note}`);
  console.log(`\n${closingLine(total)}`);
  return total.failed === 0 ? 0 : 1;
}

async function check(name, run) {
  const code = await run;
  return count({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, notes: code === 0 ? [] : [`${name} failed`] });
}

/** One Nx target over all projects that have it; Nx runs two of them at a time, the end-to-end suite alone. */
async function suites(target, suite, mayBeEmpty) {
  const names = projects().flatMap(({ name, targets }) => (targets[target] ? [name] : []));
  const code = await nx('run-many', '-t', target, '-p', names.join(','));
  const sum = { passed: 0, failed: 0, notes: [] };
  for (const name of names) {
    const { passed, failed, notes } = readSuite(join(results, `${name}.${suite}.json`), { mayBeEmpty });
    sum.passed += passed;
    sum.failed += failed;
    sum.notes.push(...notes.map(note => `${name} ${suite}: ${note}`));
  }
  if (code !== 0 && sum.failed === 0) {
    sum.failed++;
    sum.notes.push(`${suite}: a suite ended with an error outside its tests, see above`);
  }
  return count(sum);
}

function count({ passed, failed, notes }) {
  total.passed += passed;
  total.failed += failed;
  total.notes.push(...notes);
  return { passed, failed };
}

function projects() {
  const inFolders = ['libs', 'apps', 'tools'].flatMap(folder =>
    readdirSync(join(root, folder)).map(name => join(root, folder, name)),
  );
  return [...inFolders, join(root, 'bench')].flatMap(project => {
    const file = join(project, 'project.json');
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : [];
  });
}

/** Runs Nx to its end, its output passed on; answers its exit code. */
function nx(...args) {
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      [join(root, 'node_modules/nx/dist/bin/nx.js'), ...args, '--output-style=stream'],
      {
        cwd: root,
        env: environment,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    child.once('error', () => resolve(1));
    child.once('exit', code => resolve(code ?? 1));
  });
}
