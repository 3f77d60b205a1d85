import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** The process that the whole test run is of: what its files share lives as long as that. */
export function readRunPid(env: NodeJS.ProcessEnv = process.env): number {
  // A file of tests has a process of its own, which the runner forked; in a thread it shares the runner's.
  const forked = env['VITEST_WORKER_ID'] !== undefined && isMainThread;
  return forked ? process.ppid : process.pid;
}

/** Signs of a Docker engine: variables that name one, and the sockets where one listens (as testcontainers looks for it). */
export function readEngineConfig(env: NodeJS.ProcessEnv = process.env): { isNamed: boolean; sockets: string[] } {
  const { DOCKER_HOST, XDG_RUNTIME_DIR, TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE } = env;
  const home = homedir();
  return {
    isNamed: Boolean(DOCKER_HOST || TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE),
    sockets: [
      '/var/run/docker.sock',
      join(XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`, 'docker.sock'),
      join(home, '.docker/run/docker.sock'),
      join(home, '.docker/desktop/docker.sock'),
      join(home, '.testcontainers.properties'),
    ],
  };
}
