import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectory } from './data-directory.js';
import { takeLock } from './lock.js';

let directory: DataDirectory;
beforeEach(() => {
  directory = new DataDirectory(mkdtempSync(join(tmpdir(), 'countersign-lock-')));
});
afterEach(() => rmSync(directory.path, { recursive: true, force: true }));

describe('the lock of a data folder', () => {
  it('has one holder at a time', () => {
    const lock = takeLock(directory);
    expect(lock).toBeDefined();
    expect(takeLock(directory)).toBeUndefined();
    lock!.release();
    const again = takeLock(directory);
    expect(again).toBeDefined();
    again!.release();
  });

  it('ends with a holder that is killed', () => {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      new DatabaseSync(${JSON.stringify(directory.lockFile)}).exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      process.kill(process.pid, 'SIGKILL');`;
    const { signal } = spawnSync(process.execPath, ['-e', script]);
    expect(signal).toBe('SIGKILL');
    const lock = takeLock(directory);
    expect(lock).toBeDefined();
    lock!.release();
  });
});
