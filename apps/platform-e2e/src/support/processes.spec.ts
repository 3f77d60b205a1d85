import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.js';
import { descendants, listProcesses, serviceProcess } from './processes.js';

describe('processes', () => {
  it('finds a child of this process and misses it after its end', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'apps/sample/dist/main.js']);
    try {
      const found = await eventually('the child runs', async () =>
        serviceProcess(descendants(await listProcesses(), process.pid), 'sample'),
      );
      expect(found.pid).toBe(child.pid);
    } finally {
      child.kill('SIGKILL');
    }
    await eventually('the child is gone', async () => (await listProcesses()).every(({ pid }) => pid !== child.pid));
  });
});
