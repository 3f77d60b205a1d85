import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { program } from './binaries.js';
import { spawnAs } from './identity.js';
import type { Placement } from './placement.js';

const LOG_FILE = 'server.log';
const LOG_MAX_BYTES = 16 * 1024 * 1024;

/** The server's arguments; the same on every start, so that a leftover server can be recognised as one of ours. */
export function serverArguments(
  dataDir: string,
  socketDir: string,
  durable: boolean,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    logging_collector: 'off',
    // For data that nobody will miss after a power cut; a killed process loses nothing either way.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** A server under way, and the part of its log that is from this start. */
export interface Launch {
  readonly child: ChildProcess;
  log(): Promise<string>;
}

export async function launchServer(placement: Placement, args: readonly string[]): Promise<Launch> {
  const path = join(placement.dataDir, LOG_FILE);
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  const keep = size <= LOG_MAX_BYTES;
  // A file and no pipe: the server goes on writing when its parent is gone.
  const file = openSync(path, keep ? 'a' : 'w', 0o600);
  try {
    if (placement.identity.kind === 'nobody') await chown(path, placement.identity.uid, placement.identity.gid);
    const child = spawnAs(placement.identity, program(placement.binaries, 'postgres'), args, ['ignore', file, file]);
    child.on('error', () => undefined);
    child.unref();
    return { child, log: () => readFrom(path, keep ? size : 0) };
  } finally {
    closeSync(file);
  }
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.max(0, size - offset);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8').trim();
  } finally {
    await file.close();
  }
}

/** Not there yet: no socket, nobody listens, 57P03 cannot_connect_now (starting up, or recovering from a crash). */
function isNotYet(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return (
    ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', '57P03'].includes(code) ||
    /Connection terminated|timeout/.test(String(error))
  );
}

/** Waits until a connection succeeds; false when `gaveUp` says so first or the time is over. */
export async function waitUntilReady(
  url: string,
  timeoutMs: number,
  gaveUp: () => boolean | Promise<boolean>,
): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    // The server may end while the greeting is under way.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch (error) {
      if (!isNotYet(error)) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
    if (await gaveUp()) return false;
    await delay(25);
  }
  return false;
}
