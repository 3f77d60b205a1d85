import { readStartConfig } from './config.js';
import { run } from './run.js';

// A terminal that is gone (EPIPE) must not take the platform down unstopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  process.exit(await run(readStartConfig()));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
