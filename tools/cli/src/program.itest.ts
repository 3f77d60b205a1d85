import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from './config.js';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** The command as an operator runs it, from any folder. */
function countersign(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [join(workspaceRoot, 'tools/cli/bin/countersign.mjs'), ...args],
      { cwd: tmpdir(), env: { PATH: '/usr/bin:/bin', DATA_DIR: dataDir } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('the operator command without a running platform', () => {
  it.each([
    ['tenant', 'list'],
    ['tenant', 'create', 'acme', '--admin-login', 'root'],
    ['tenant', 'disable', 'acme'],
    ['dlq', 'list'],
    ['dlq', 'redrive', '--all'],
    ['group', 'seek', 'auth-mfa', '--topic', 'iam.user.events.v1', '--to', 'beginning'],
    ['republish'],
  ])('%s %s says to start it first, with exit code 2', async (...args) => {
    const { code, stdout, stderr } = await countersign(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Start the platform first \(npm start\)/);
  });

  it('says so in JSON under --json', async () => {
    const { code, stderr } = await countersign('tenant', 'list', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'platform_down' } });
  });

  it.each([
    [['tenant', 'create', 'acme'], /--admin-login/],
    [['group', 'seek', 'auth-mfa', '--topic', 't', '--to', 'yesterday'], /beginning, end, <partition>:<offset>/],
    [['dlq', 'redrive'], /--all/],
    [['dlq', 'redrive', 'some-id'], /--service/],
    [['nothing'], /unknown command/],
  ])('refuses %j with the reason and exit code 1', async (args, reason) => {
    const { code, stderr } = await countersign(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
  });

  it('shows what it can do', async () => {
    const { code, stdout } = await countersign('--help');
    expect(code).toBe(0);
    for (const command of ['init', 'tenant', 'migrate', 'dlq', 'group', 'republish']) expect(stdout).toContain(command);
  });
});
