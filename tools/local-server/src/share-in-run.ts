import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readRunPid } from './config.js';

export interface SharedServer<T> {
  /** Names the kind of server. */
  readonly name: string;
  /** How long a file waits for the one that starts it. */
  readonly patienceMs: number;
  /**
   * Starts it; from then on it ends with the process `runPid`, and the folder (mode 0700) with it.
   * @returns what the other files need, as JSON can hold it
   */
  start(folder: string, runPid: number): Promise<T>;
  /** Whether a server that was started by another file serves. */
  answers(shared: T): Promise<boolean>;
}

/** One server for all files of a test run: the first that asks starts it, the others wait for that and share it. */
export async function shareInRun<T>(server: SharedServer<T>): Promise<T> {
  const runPid = readRunPid();
  const folder = join(tmpdir(), `countersign-test-${server.name}-${runPid}`);
  const ready = join(folder, 'shared.json');
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return waitFor(server, folder, ready);
  }
  try {
    const shared = await server.start(folder, runPid);
    await writeFile(`${ready}.new`, JSON.stringify(shared), { mode: 0o600 });
    await rename(`${ready}.new`, ready);
    return shared;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function waitFor<T>(server: SharedServer<T>, folder: string, ready: string): Promise<T> {
  for (const end = Date.now() + server.patienceMs; Date.now() < end;) {
    const text = await readFile(ready, 'utf8').catch(() => undefined);
    const shared = text === undefined ? undefined : (JSON.parse(text) as T);
    if (shared !== undefined && (await server.answers(shared))) return shared;
    if (shared !== undefined || !(await stat(folder).catch(() => undefined))) {
      // Left by an earlier run whose process had the same number: its watcher removes it now or never.
      await rm(folder, { recursive: true, force: true });
      return shareInRun(server);
    }
    await delay(50);
  }
  throw new Error(`The server that the files of this run share did not come up: ${folder}`);
}
