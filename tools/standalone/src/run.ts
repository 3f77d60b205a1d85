import { banner } from './banner.js';
import type { StartConfig } from './config.js';
import { ensureDemoTenant } from './demo-tenant.js';
import { Platform } from './platform.js';
import { Reporter } from './reporter.js';
import { aborted, watchForShutdown } from './shutdown.js';

/** The start command: runs the platform until it is asked to stop. Answers the exit code. */
export async function run(config: StartConfig): Promise<number> {
  const startedAt = Date.now();
  const { asked, urgent } = watchForShutdown(config);
  const reporter = new Reporter();
  let platform: Platform;
  try {
    reporter.say('Starting Countersign');
    platform = await Platform.start(config, reporter, asked);
  } catch (error) {
    if (asked.aborted) {
      reporter.say('Stopped before it was ready');
      return 0;
    }
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  try {
    const first = await ensureDemoTenant(platform.directory);
    reporter.say(banner(platform.directory, platform.addresses.publicUrl, first, (Date.now() - startedAt) / 1000));
    await aborted(asked);
    reporter.say('Stopping: gateway, services, stores (once more to end the services at once)');
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    await platform.stop();
    return 1;
  }
  const stopped = platform.stop().then(() => 'stopped' as const);
  const outcome = await Promise.race([stopped, aborted(urgent).then(() => 'urgent' as const)]);
  if (outcome === 'urgent') await platform.stopNow();
  reporter.say('Countersign has stopped');
  return 0;
}
