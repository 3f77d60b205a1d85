import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually, freePort } from '@countersign/testing';
import { service } from '../src/service.js';
import type { Harness } from './harness.js';

/** A replica as a process of its own, so that it can be killed. Runs what was built. */
export class ReplicaProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly managementUrl: string,
  ) {}

  static async start(harness: Harness, env: Record<string, string> = {}): Promise<ReplicaProcess> {
    const managementPort = await freePort();
    const child = spawn(process.execPath, [new URL('../dist/main.js', import.meta.url).pathname], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        PORT: '0',
        MANAGEMENT_PORT: String(managementPort),
        PUBLIC_URL: harness.authority.publicUrl,
        LOG_LEVEL: 'silent',
        AUTH_MFA_URL: harness.authority.url,
        WEBHOOK_ALLOWED_PRIVATE: '127.0.0.0/8',
        ...harness.keys.env(service.name),
        ...harness.database.env(service.name),
        ...env,
      },
    });
    const replica = new ReplicaProcess(child, `http://127.0.0.1:${managementPort}`);
    await eventually(async () => (await fetch(`${replica.managementUrl}/readyz`)).status === 200, {
      timeoutMs: 30_000,
    });
    return replica;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** A gauge or counter of its metrics, all labels together. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.managementUrl}/metrics`)).text();
    const lines = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
