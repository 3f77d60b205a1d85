import { parseArgs } from 'node:util';
import { busOnKafka, busOnPostgres } from './bus/bus.js';
import { readBenchConfig } from './config.js';
import { creates } from './creates/creates.js';
import { deliveries } from './deliveries/deliveries.js';
import { hookOverhead } from './hook-overhead/hook-overhead.js';
import type { Benchmark } from './measure/benchmark.js';
import type { Figure } from './measure/figure.js';
import { memory } from './memory/memory.js';
import { describeMachine, figureLines, machineLine } from './measure/report.js';
import { startTime } from './start-time/start-time.js';

const BENCHMARKS: readonly Benchmark[] = [
  busOnPostgres,
  busOnKafka,
  creates,
  deliveries,
  hookOverhead,
  startTime,
  memory,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
  },
});
const unknown = positionals.filter(name => BENCHMARKS.every(benchmark => benchmark.name !== name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No such benchmark: ${unknown.join(', ')}`);
  console.log('npm run bench -- [names] [--json] [--repeats 5] [--scale 1]\n');
  for (const { name, describes } of BENCHMARKS) console.log(`${name.padEnd(16)} ${describes}`);
  process.exit(unknown.length > 0 ? 1 : 0);
}

const run = {
  config: readBenchConfig(),
  repeats: Number(values.repeats),
  scale: Number(values.scale),
  // Standard output is the result alone: with --json a program reads it.
  say: (text: string) => console.error(`- ${text}`),
};
if (!(run.repeats >= 1 && run.scale > 0)) throw new Error('--repeats is a number of at least 1, --scale one above 0');

const machine = describeMachine();
const results: { benchmark: string; figures: Figure[] }[] = [];
if (!values.json) console.log(machineLine(machine));
for (const benchmark of BENCHMARKS) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  run.say(`${benchmark.name}: ${benchmark.describes}`);
  const figures = await benchmark.run(run);
  results.push({ benchmark: benchmark.name, figures });
  if (!values.json) for (const one of figures) console.log(`\n${figureLines(one).join('\n')}`);
}
if (values.json) console.log(JSON.stringify({ machine, scale: run.scale, results }, null, 2));
