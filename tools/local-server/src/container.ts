import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readEngineConfig } from './config.js';

export interface ContainerRequest {
  readonly kind: 'kafka' | 'postgres';
  readonly image: string;
  /** The container ends with this process. */
  readonly runPid: number;
  /** For the pull of the image and the start together. */
  readonly patienceMs: number;
}

/**
 * Starts a server in a container, through testcontainers in a process of its own that outlives the file of tests which asked.
 * @returns how it is reached; undefined when there is no sign of a Docker engine (found without loading testcontainers)
 * @throws Error when there is one and no container comes of it
 */
export async function startContainer<T>(request: ContainerRequest): Promise<T | undefined> {
  if (!hasEngine()) return undefined;
  const [source, built] = ['ts', 'js'].map(extension => join(import.meta.dirname, `keeper.${extension}`)) as [
    string,
    string,
  ];
  const args = [existsSync(source) ? source : built, request.kind, String(request.runPid), request.image];
  const keeper = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' });
  keeper.unref();
  let timer: NodeJS.Timeout | undefined;
  const answer = await Promise.race([
    new Promise<string>(resolve => createInterface({ input: keeper.stdout }).once('line', resolve)),
    new Promise<string>(resolve => {
      keeper.once('error', error => resolve(JSON.stringify({ error: error.message })));
      keeper.once('exit', code => setTimeout(() => resolve(JSON.stringify({ error: `exit code ${code}` })), 100));
      timer = setTimeout(() => {
        keeper.kill('SIGTERM');
        const error = `no container of ${request.image} within ${request.patienceMs / 1000} s; \`docker pull ${request.image}\` first`;
        resolve(JSON.stringify({ error }));
      }, request.patienceMs);
    }),
  ]);
  clearTimeout(timer);
  // What holds this end of the pipe must not hold up the file of tests.
  keeper.stdout.destroy();
  const { shared, error } = JSON.parse(answer) as { shared?: T; error?: string };
  if (shared === undefined) throw new Error(`Docker: ${error}`);
  return shared;
}

/** Where testcontainers looks for an engine. */
function hasEngine(): boolean {
  const { isNamed, sockets } = readEngineConfig();
  return isNamed || sockets.some(socket => existsSync(socket));
}
