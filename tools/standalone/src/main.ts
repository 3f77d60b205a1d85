import { readStartConfig } from './config.js';
import { run } from './run.js';

try {
  process.exit(await run(readStartConfig()));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
