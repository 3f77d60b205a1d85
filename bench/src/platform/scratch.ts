import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchConfig } from '../config.js';

/** A new folder of the run's own, which `remove` takes away with all that is in it. */
export async function scratchFolder({ scratch }: BenchConfig): Promise<{ path: string; remove(): Promise<void> }> {
  await mkdir(scratch, { recursive: true });
  const path = await mkdtemp(join(scratch, 'run-'));
  // Postgres of root runs with another uid, which must get through.
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
