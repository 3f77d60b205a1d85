import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompose, isComposeRequired, withoutCompose } from './compose.mjs';
import { isKafkaRequired, KafkaOfRun, withoutKafka } from './kafka.mjs';
import { closingLine, readSuite } from './results.mjs';
import { ensureRuntime, root } from './runtime.mjs';

/**
 * `npm test`: build, format, lint, types, then every suite of every project, one after the other; the closing line counts
 * all tests and each of the four checks as one. Arguments choose stages: `npm test -- unit itest`. Suites on Kafka are
 * skipped, and named at the end, where there is none; REQUIRE_KAFKA=1 makes that a failure. The same holds for the test of
 * docker-compose.yml, docker compose and REQUIRE_COMPOSE=1.
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
/** What has found no Kafka to run on. */
const skipped = [];
let kafka;
/** Whether all has been built, so that no suite needs to look after it. */
let built = false;

if (await ensureRuntime(fileURLToPath(import.meta.url), process.argv.slice(2)))
  process.exit(await main(process.argv.slice(2)));

async function main(chosen) {
  const stages = [
    ['build', () => check('build', build())],
    ['format', () => check('format', nx({}, 'run', 'workspace:format-check'))],
    ['lint', () => check('lint', nx({}, 'run', 'workspace:lint'))],
    ['typecheck', () => check('typecheck', nx({}, 'run', 'workspace:typecheck'))],
    ['unit', () => suites('test', 'unit', true)],
    ['itest', () => suites('itest', 'itest', true)],
    ['compose', () => composeSuite()],
    ['kafka-itest', () => kafkaSuites('kafka-itest', 'shared')],
    ['e2e', () => suites('e2e', 'e2e', false)],
    ['kafka-e2e', () => kafkaSuites('kafka-e2e', 'platform')],
    ['faults', async () => add(await suites('faults', 'faults', false), await kafkaSuites('kafka-faults', 'own'))],
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
  kafka?.release();
  if (skipped.length > 0) count({ passed: 0, ...withoutKafka(skipped, isKafkaRequired(process.env)) });
  for (const note of total.notes) console.log(`- ${note}`);
  console.log(`\n${closingLine(total)}`);
  return total.failed === 0 ? 0 : 1;
}

async function check(name, run) {
  const code = await run;
  return count({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, notes: code === 0 ? [] : [`${name} failed`] });
}

/** One compiler for all projects: two at a time, each with what it needs, would take twice as long. */
async function build() {
  const code = await node({}, 'typescript/bin/tsc', '-b');
  built = code === 0;
  return code;
}

/** One Nx target over all projects that have it; Nx runs two of them at a time, the end-to-end suite alone. */
async function suites(target, suite, mayBeEmpty) {
  return runSuites(target, suite, mayBeEmpty, projectsWith(target));
}

/** The same for a target that needs a Kafka and is named as its suite; the first of them looks for one. */
async function kafkaSuites(target, use) {
  const projects = projectsWith(target);
  if (projects.length === 0) return { passed: 0, failed: 0 };
  if (!kafka) {
    if (!built && (await nx({}, 'run', 'kafka-broker:build')) !== 0)
      return count({ passed: 0, failed: 1, notes: ['tools/kafka was not built'] });
    kafka = await KafkaOfRun.find();
    console.log(kafka.describe());
  }
  let result = { passed: 0, failed: 0 };
  const plans = Map.groupBy(projects, project => {
    const { run, skipped: missing } = kafka.plan(target, project, use);
    if (missing) skipped.push(missing);
    return JSON.stringify(run);
  });
  for (const [plan, some] of plans) {
    if (plan === undefined) continue;
    const { env, args } = JSON.parse(plan);
    // Two brokers at once would be one too many on a small machine.
    if (use !== 'shared' && !env.KAFKA_BROKERS) kafka.release();
    result = add(result, await runSuites(target, target, args.length > 0, some, env, args));
  }
  return result;
}

async function composeSuite() {
  if (findCompose()) return suites('compose', 'compose', false);
  return count({ passed: 0, ...withoutCompose(isComposeRequired(process.env)) });
}

async function runSuites(target, suite, mayBeEmpty, projects, env = {}, args = []) {
  if (projects.length === 0) return { passed: 0, failed: 0 };
  const names = projects.map(({ name }) => name);
  const options = ['-t', target, '-p', names.join(','), ...(built ? ['--excludeTaskDependencies'] : [])];
  const code = await nx(env, 'run-many', ...options, '--', ...args);
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

function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

function count({ passed, failed, notes }) {
  total.passed += passed;
  total.failed += failed;
  total.notes.push(...notes);
  return { passed, failed };
}

function projectsWith(target) {
  return projects().filter(({ targets }) => targets[target]);
}

function projects() {
  const inFolders = ['libs', 'apps', 'tools'].flatMap(folder =>
    readdirSync(join(root, folder)).map(name => join(root, folder, name)),
  );
  return [...inFolders, join(root, 'bench')].flatMap(project => {
    const file = join(project, 'project.json');
    return existsSync(file) ? [{ root: project, ...JSON.parse(readFileSync(file, 'utf8')) }] : [];
  });
}

function nx(env, command, ...args) {
  return node(env, 'nx/dist/bin/nx.js', command, '--output-style=stream', ...args);
}

/** Runs a program of node_modules to its end, its output passed on; answers its exit code. */
function node(env, program, ...args) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      env: { ...environment, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', () => resolve(1));
    child.once('exit', code => resolve(code ?? 1));
  });
}
