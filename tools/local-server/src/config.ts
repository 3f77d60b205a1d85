import { isMainThread } from 'node:worker_threads';

/** The process that the whole test run is of: what its files share lives as long as that. */
export function readRunPid(env: NodeJS.ProcessEnv = process.env): number {
  // A file of tests has a process of its own, which the runner forked; in a thread it shares the runner's.
  const forked = env['VITEST_WORKER_ID'] !== undefined && isMainThread;
  return forked ? process.ppid : process.pid;
}
