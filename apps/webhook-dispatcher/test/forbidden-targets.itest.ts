import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ADDRESSES = [
  '8.8.8.8/32',
  '169.254.169.254/32',
  '10.0.0.5/32',
  '10.9.0.7/32',
  '192.168.1.1/32',
  '100.64.0.1/32',
  'fd00::1/128',
];
const root = new URL('..', import.meta.url).pathname;
const vitest = new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url).pathname;

interface Run {
  code: number | null;
  output: string;
}

function run(command: string, args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', code => resolve({ code, output }));
  });
}

describe('targets that webhooks must not reach', () => {
  it(
    'stay unreached on real sockets, in a network namespace that has nothing but loopback',
    { timeout: 180_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'countersign-ns-'));
      await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
      const setUp = [
        'ip link set lo up',
        ...ADDRESSES.map(address => `ip addr add ${address} dev lo`),
        `mount --bind ${join(folder, 'resolv.conf')} /etc/resolv.conf`,
        `exec "$0" "$@"`,
      ].join(' && ');
      const asRoot = process.getuid?.() === 0;
      const args = ['--net', '--mount', ...(asRoot ? [] : ['--map-root-user']), 'sh', '-c', setUp];
      const command = [process.execPath, vitest, 'run', '--config', 'test/namespace/vitest.config.ts'];
      const proxy = 'http://127.0.0.1:80';
      // For the test's own calls to the service the proxy is out of the way; for the targets it is not.
      const env = [`HTTP_PROXY=${proxy}`, `HTTPS_PROXY=${proxy}`, 'NO_PROXY=127.0.0.1', 'NODE_USE_ENV_PROXY=1'];
      try {
        const { code, output } = await run('unshare', [...args, 'env', ...env, ...command]).catch(
          (error: unknown): Run => {
            throw new Error(
              'These tests need `unshare` (util-linux) and `ip` (iproute2), so that nothing leaves this machine',
              { cause: error },
            );
          },
        );
        expect(code, `unshare --net, or the tests inside, failed:\n${output}`).toBe(0);
        expect(output).toMatch(/Tests\s+.*passed/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
