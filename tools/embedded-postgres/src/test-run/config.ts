import { isMainThread } from 'node:worker_threads';

/** The environment that tests read. */
export interface TestConfig {
  /** Superuser's URL of a PostgreSQL (16 or newer) that tests may make databases and roles in, instead of an embedded one. */
  adminUrl?: string;
  /** The process that the whole test run is of: what it shares lives as long as that. */
  runPid: number;
}

export function readTestConfig(env: NodeJS.ProcessEnv = process.env): TestConfig {
  // A file of tests has a process of its own, which the runner forked; in a thread it shares the runner's.
  const forked = env['VITEST_WORKER_ID'] !== undefined && isMainThread;
  return { adminUrl: env['DATABASE_ADMIN_URL'] || undefined, runPid: forked ? process.ppid : process.pid };
}
