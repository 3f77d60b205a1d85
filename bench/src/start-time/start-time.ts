import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startPostgres } from '@countersign/embedded-postgres';
import type { Benchmark, BenchRun } from '../measure/benchmark.js';
import { figure } from '../measure/figure.js';
import { withCleanup } from '../platform/cleanup.js';
import { Platform } from '../platform/platform.js';
import { scratchFolder } from '../platform/scratch.js';

async function seconds(work: () => Promise<unknown> | void): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** A bare Postgres of its own and one Node that does nothing for each of the platform's processes, one after the other. */
async function bareStarts({ config }: BenchRun): Promise<{ cold: number; warm: number }> {
  const folder = await scratchFolder(config);
  const start = async () => {
    for (let process = 0; process < PROCESSES; process++) spawnNothing();
    return startPostgres({ dataDir: join(folder.path, 'postgres') });
  };
  try {
    let server: Awaited<ReturnType<typeof start>> | undefined;
    const cold = await seconds(async () => (server = await start()));
    await server?.stop();
    const warm = await seconds(async () => (server = await start()));
    await server?.stop();
    return { cold, warm };
  } finally {
    await folder.remove();
  }
}

/** Supervisor, gateway and three services. */
const PROCESSES = 5;

function spawnNothing(): void {
  spawnSync(process.execPath, ['-e', '0']);
}

export const startTime: Benchmark = {
  name: 'start-time',
  describes:
    'seconds from the start command to /readyz, on new data and on data that are there, against bare processes',
  run: run =>
    withCleanup(async () => {
      const repeats: { subject: { cold: number; warm: number }; baseline: { cold: number; warm: number } }[] = [];
      for (let repeat = 0; repeat < run.repeats; repeat++) {
        const baseline = await bareStarts(run);
        const folder = await scratchFolder(run.config);
        try {
          const dataDir = join(folder.path, 'data');
          let platform: Platform | undefined;
          const cold = await seconds(async () => (platform = await Platform.start({ config: run.config, dataDir })));
          await platform?.stop();
          const warm = await seconds(async () => (platform = await Platform.start({ config: run.config, dataDir })));
          await platform?.stop();
          repeats.push({ subject: { cold, warm }, baseline });
        } finally {
          await folder.remove();
        }
      }
      return (['cold', 'warm'] as const).map(kind =>
        figure({
          name: kind === 'cold' ? 'first start: new data, migrations, demo tenant' : 'further start on the same data',
          unit: 's',
          subject: 'npm start (built) until /readyz',
          baseline: `PostgreSQL alone and ${PROCESSES} times node -e 0`,
          pairs: repeats.map(({ subject, baseline }) => ({ subject: subject[kind], baseline: baseline[kind] })),
        }),
      );
    }),
};
