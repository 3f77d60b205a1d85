import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, endProcess } from '@countersign/local-server';

/** What `broker.pid` says: the broker that was started last on the data, and the process that it ends with. */
interface Mark {
  pid: number;
  owner: number;
}

const markFile = (dataDir: string) => join(dataDir, 'broker.pid');
export const propertiesFile = (dataDir: string) => join(dataDir, 'server.properties');

export async function writeMark(dataDir: string, mark: Mark): Promise<void> {
  await writeFile(markFile(dataDir), `${mark.pid} ${mark.owner}\n`);
}

/** True when the process of that number is a broker on that data: by now the number may be anybody's. */
export async function isBroker(pid: number, dataDir: string): Promise<boolean> {
  return (await commandLine(pid))?.at(-1) === propertiesFile(dataDir);
}

/**
 * Ends the broker that a killed owner has left; its lock on the data ends with it.
 * @throws Error when the broker's owner lives: the data are in use
 */
export async function endLeftover(dataDir: string): Promise<void> {
  const [pid, owner] = (await readFile(markFile(dataDir), 'utf8').catch(() => '')).split(' ').map(Number);
  if (pid && owner && (await isBroker(pid, dataDir))) {
    if (await commandLine(owner))
      throw new Error(`A broker already runs on ${dataDir} (pid ${pid}), started by process ${owner}`);
    await endBroker(pid, dataDir);
  }
  await rm(markFile(dataDir), { force: true });
}

/** In order first (a clean log needs no recovery), after half a minute by force. */
export async function endBroker(pid: number, dataDir: string, patienceMs = 30_000): Promise<void> {
  const ended = await endProcess(pid, () => isBroker(pid, dataDir), [
    ['SIGTERM', patienceMs],
    ['SIGKILL', 10_000],
  ]);
  if (!ended) throw new Error(`Kafka (pid ${pid}, ${dataDir}) does not end`);
}
