import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, endProcess } from '@countersign/local-server';
import { SOCKET_NAME } from './socket-directory.js';

/** What `postmaster.pid` says of the server that wrote it (PostgreSQL source, miscadmin.h LOCK_FILE_LINE_*). */
export interface Postmaster {
  pid: number;
  dataDir: string;
  socketDir: string;
  /** Key and id of the System V shared memory that marks the data as in use. */
  sharedMemoryId?: number;
  ready: boolean;
}

/** @returns undefined for a file that is cut off before the pid, or is no such file */
export function parsePostmasterPid(text: string): Postmaster | undefined {
  const lines = text.split('\n').map(line => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const shm = lines[6]?.split(/\s+/)[1];
  return {
    pid,
    dataDir: lines[1] ?? '',
    socketDir: lines[4] ?? '',
    sharedMemoryId: shm === undefined ? undefined : Number(shm),
    ready: lines[7] === 'ready',
  };
}

export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parsePostmasterPid(text);
}

/**
 * True when the process of that pid is a server on that folder: the number alone may by now be anybody's, and a signal
 * to it would hit a stranger.
 */
export function isServerOf(dataDir: string, command: readonly string[] | undefined): boolean {
  return command !== undefined && /(^|\/)postgres$/.test(command[0] ?? '') && command.includes(dataDir);
}

export async function isRunning(pid: number, dataDir: string): Promise<boolean> {
  return isServerOf(dataDir, await commandLine(pid));
}

/** Ends a server: fast (its clients are cut off, all is written), after `patienceMs` at once (recovery at the next start). */
export async function stopServer(pid: number, dataDir: string, patienceMs = 30_000): Promise<void> {
  const ended = await endProcess(pid, () => isRunning(pid, dataDir), [
    ['SIGINT', patienceMs],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ]);
  if (!ended) throw new Error(`PostgreSQL (pid ${pid}, ${dataDir}) does not end`);
}

/**
 * Removes the lock files of a server that is gone. PostgreSQL itself keeps back from a file whose pid is alive, even as a
 * zombie or as another program that got the number. The shared memory tells whether a process still works on the data;
 * while it does, or where that cannot be told, nothing is removed.
 */
export async function clearStaleLocks(dataDir: string, socketDir: string, stale: Postmaster): Promise<boolean> {
  if (await isRunning(stale.pid, dataDir)) return false;
  if (await sharedMemoryInUse(stale.sharedMemoryId)) return false;
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
  await rm(join(socketDir, `${SOCKET_NAME}.lock`), { force: true });
  return true;
}

async function sharedMemoryInUse(id: number | undefined): Promise<boolean> {
  if (id === undefined) return false;
  const table = await readFile('/proc/sysvipc/shm', 'utf8').catch(() => undefined);
  if (table === undefined) return true;
  return sharedMemoryAttached(table, id) > 0;
}

/** Column nattch of /proc/sysvipc/shm (proc(5)) for an id; 0 when there is no such segment. */
export function sharedMemoryAttached(table: string, id: number): number {
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (Number(columns[1]) === id) return Number(columns[6]);
  }
  return 0;
}
