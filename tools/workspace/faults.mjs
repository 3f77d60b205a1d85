import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRuntime, root } from './runtime.mjs';

/**
 * `npm run test:faults`: the full profile of the fault suites on one bus after the other, then a table of what each fault came
 * to. The figures stay in .test-results as JSON. Arguments choose buses: `npm run test:faults -- postgres`. FAULTS_PROFILE=short
 * does what `npm test` does.
 */
const TARGETS = { postgres: 'faults', kafka: 'kafka-faults' };
const results = join(root, '.test-results');

if (await ensureRuntime(fileURLToPath(import.meta.url), process.argv.slice(2)))
  process.exit(main(process.argv.slice(2)));

function main(chosen) {
  const buses = chosen.length > 0 ? chosen : Object.keys(TARGETS);
  const unknown = buses.filter(bus => !(bus in TARGETS));
  if (unknown.length > 0) {
    console.error(`No such bus: ${unknown.join(', ')}. Buses: ${Object.keys(TARGETS).join(', ')}`);
    return 1;
  }
  mkdirSync(results, { recursive: true });
  const profile = process.env.FAULTS_PROFILE || 'full';
  const startedAt = Date.now();
  const failed = buses.filter(bus => !run(bus, profile));
  const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
  console.log(
    `\nProfile ${profile}, ${availableParallelism()} cores, ${minutes} min\n\n${table(buses.flatMap(figuresOf))}`,
  );
  if (failed.length > 0) console.log(`\nFailed on: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

function run(bus, profile) {
  rmSync(figuresFile(bus), { force: true });
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  const { status } = spawnSync(process.execPath, [nx, 'run', `platform-e2e:${TARGETS[bus]}`, '--output-style=stream'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
      NX_DAEMON: 'false',
      NX_TUI: 'false',
      NX_NO_CLOUD: 'true',
      FAULTS_PROFILE: profile,
    },
  });
  return status === 0;
}

function figuresFile(bus) {
  return join(results, `faults.${bus}.figures.json`);
}

function figuresOf(bus) {
  try {
    return JSON.parse(readFileSync(figuresFile(bus), 'utf8'));
  } catch {
    return [];
  }
}

/** A Markdown table, for a terminal and for docs/reliability.md alike. */
function table(figures) {
  const rows = figures.map(one => [
    one.bus,
    one.fault,
    one.faults,
    one.acknowledged,
    one.uncertain,
    one.delivered,
    one.lost,
    one.disordered,
    `${one.repeated} (at most ${one.mostRepeated})`,
    seconds(median(one.recoveriesMs)),
    seconds(Math.max(...one.recoveriesMs)),
    seconds(one.settledMs),
  ]);
  const headings = [
    'Bus', 'Fault', 'Times', 'Acknowledged', 'Uncertain', 'Delivered', 'Lost', 'Out of order', 'Repeated',
    'Recovered, median', 'Recovered, longest', 'Settled',
  ]; // prettier-ignore
  return [headings, headings.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
