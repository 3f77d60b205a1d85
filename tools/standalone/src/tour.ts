import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, Operator, PlatformDown } from '@countersign/cli';
import { readStartConfig, type StartConfig } from './config.js';
import { Platform } from './platform.js';
import { Reporter } from './reporter.js';
import { watchForShutdown } from './shutdown.js';
import { Narrator } from './tour/narrator.js';
import { playTour } from './tour/tour.js';

/** `npm run tour`: on the platform that runs, else on one of its own that leaves nothing behind. */
async function main(config: StartConfig): Promise<void> {
  const running = await connect(new DataDirectory(config.dataDir));
  if (running) {
    console.log(`A tour of Countersign, on the platform that runs at ${running.publicUrl}`);
    await play(running, running.gatewayUrl);
    return;
  }
  const { asked } = watchForShutdown(config);
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-tour-'));
  console.log('A tour of Countersign. None runs, so one is started for it, on data that are removed afterwards.');
  try {
    const platform = await Platform.start({ ...config, dataDir, port: 0 }, new Reporter(), asked);
    try {
      await play(await Operator.connect(platform.directory), platform.addresses.gatewayUrl);
    } finally {
      console.log('\nStopping the platform of the tour');
      await platform.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function play(operator: Operator, gatewayUrl: string): Promise<void> {
  try {
    await playTour(gatewayUrl, operator, new Narrator());
    console.log(
      '\nThat is the path. Your own receiver: GET /docs for the calls, GET /v1/hooks for every hook and its schema.',
    );
  } finally {
    await operator.close();
  }
}

async function connect(directory: DataDirectory): Promise<Operator | undefined> {
  try {
    return await Operator.connect(directory);
  } catch (error) {
    if (error instanceof PlatformDown) return undefined;
    throw error;
  }
}

try {
  await main(readStartConfig());
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
