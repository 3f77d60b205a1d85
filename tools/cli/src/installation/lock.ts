import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DataDirectory } from './data-directory.js';

export interface Lock {
  release(): void;
}

/**
 * The one holder of a data folder. SQLite's exclusive lock is the operating system's own (fcntl), so it ends with its holder
 * however that dies, and no file has to be judged stale.
 * @returns undefined while another process holds it
 */
export function takeLock(directory: DataDirectory): Lock | undefined {
  directory.prepare();
  const database = new DatabaseSync(directory.lockFile);
  try {
    chmodSync(directory.lockFile, 0o600);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    // SQLITE_BUSY, see https://www.sqlite.org/rescode.html#busy
    if ((error as { errcode?: number }).errcode === 5) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
