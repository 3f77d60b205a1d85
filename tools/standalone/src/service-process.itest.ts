import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceLog } from './service-log.js';
import { ServiceProcess } from './service-process.js';

const WAIT = { timeout: 15_000, interval: 20 };
let folder: string;
let service: ServiceProcess | undefined;
const started: { pid: number; at: number }[] = [];
const died: { how: string; restartInMs: number; at: number }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-service-'));
  started.length = died.length = 0;
});
afterEach(() => {
  service?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string): ServiceProcess {
  service = new ServiceProcess(
    { name: 'sample', args: ['-e', script], environment: { PATH: '/usr/bin:/bin' } },
    new ServiceLog('sample', join(folder, 'sample.log')),
    {
      started: (_name, pid) => started.push({ pid, at: Date.now() }),
      died: (_name, how, restartInMs) => died.push({ how, restartInMs, at: Date.now() }),
    },
  );
  service.start();
  return service;
}

/** Serves until SIGTERM, as a real service does, and ends with its supervisor's pipe. */
const SERVING = `
  const pipe = new (require('node:net').Socket)({ fd: Number(process.env.SUPERVISOR_PIPE_FD), readable: true });
  pipe.on('end', () => process.exit(0)).resume();
  process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('serving');`;

describe('a service under the supervisor', () => {
  it('is started again within a second after kill -9', async () => {
    run(SERVING);
    await vi.waitFor(() => expect(service!.log.tail(5)).toContain('serving'), WAIT);
    process.kill(started[0]!.pid, 'SIGKILL');
    await vi.waitFor(() => expect(started).toHaveLength(2), WAIT);
    expect(died).toMatchObject([{ how: 'killed by SIGKILL' }]);
    expect(died[0]!.restartInMs).toBeLessThan(1_000);
    expect(started[1]!.pid).not.toBe(started[0]!.pid);
  });

  it('is started again after longer and longer pauses while it keeps dying', async () => {
    run('process.exit(3)');
    await vi.waitFor(() => expect(died.length).toBeGreaterThanOrEqual(3), WAIT);
    const pauses = died.map(death => death.restartInMs);
    expect(pauses[1]).toBe(2 * pauses[0]!);
    expect(pauses[2]).toBe(2 * pauses[1]!);
    expect(died[0]!.how).toBe('exit code 3');
    expect(service!.deaths).toBe(died.length);
  });

  it('drains when it is stopped, and is not started again', async () => {
    run(SERVING);
    await vi.waitFor(() => expect(service!.log.tail(5)).toContain('serving'), WAIT);
    expect(await service!.stop()).toBe('exit code 0');
    expect(service!.log.tail(5)).toContain('drained');
    expect(died).toEqual([]);
    expect(started).toHaveLength(1);
  });

  it('is in a process group of its own, which Ctrl-C at the terminal does not reach', async () => {
    run(`${SERVING}; console.log('group', require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(' ')[4])`);
    await vi.waitFor(() => expect(service!.log.tail(5)).toContain(`group ${started[0]!.pid}`), WAIT);
  });
});
