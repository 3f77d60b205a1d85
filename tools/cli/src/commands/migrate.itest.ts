import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../config.js';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-migrate-'));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function migrate(): Promise<{ schema: string; ran: string[] }[]> {
  const bin = join(workspaceRoot, 'tools/cli/bin/countersign.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'migrate', '--json'], {
    env: { PATH: '/usr/bin:/bin', DATA_DIR: dataDir },
  });
  return JSON.parse(stdout) as { schema: string; ran: string[] }[];
}

const servers = () =>
  globSync('/proc/[0-9]*/cmdline').filter(path => {
    try {
      return readFileSync(path, 'utf8').includes(join(dataDir, 'postgres'));
    } catch {
      return false;
    }
  });

describe('countersign migrate', { timeout: 180_000 }, () => {
  it('makes all tables on a database that is down, and stops it again', async () => {
    const reports = await migrate();
    expect(reports.map(report => report.schema).sort()).toEqual([
      'auth-mfa',
      'bus',
      'user-lifecycle',
      'webhook-dispatcher',
    ]);
    for (const { ran } of reports) expect(ran.length).toBeGreaterThan(0);
    expect(servers()).toEqual([]);
  });

  it('finds nothing to do the second time', async () => {
    for (const { ran } of await migrate()) expect(ran).toEqual([]);
  });
});
