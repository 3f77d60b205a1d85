import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ApiClient } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import type { RunningProcess } from '../support/processes.js';
import { metric } from './metrics.js';

/** A second process of a service beside the supervised one: same program, same environment, ports of its own. */
export class Replica {
  private constructor(
    private readonly child: ChildProcess,
    readonly managementUrl: string,
  ) {}

  /** @param log file that takes what it prints */
  static async of({ pid }: RunningProcess, log: string): Promise<Replica> {
    const [program = '', ...args] = await records(`/proc/${String(pid)}/cmdline`);
    const environment = Object.fromEntries(
      (await records(`/proc/${String(pid)}/environ`)).map(line => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
    const { SUPERVISOR_PIPE_FD: _, ...inherited } = environment;
    const [port, managementPort] = [await freePort(), await freePort()];
    const output = openSync(log, 'a');
    const child = spawn(program, args, {
      env: { ...inherited, PORT: String(port), MANAGEMENT_PORT: String(managementPort) },
      stdio: ['ignore', output, output],
    });
    const replica = new Replica(child, `http://127.0.0.1:${String(managementPort)}`);
    await eventually('the replica is ready', () => replica.isReady(), { deadlineMs: 60_000 });
    return replica;
  }

  /** Whether it is the one whose relay moves the service's outbox. */
  async leads(): Promise<boolean> {
    return (await metric(this.managementUrl, 'messaging_relay_leader')) === 1;
  }

  /** Stops it in the middle of whatever it does, without ending it. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** kill -9; a paused one dies as well. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await eventually('the replica is dead', () => this.child.exitCode !== null || this.child.signalCode !== null);
  }

  private async isReady(): Promise<boolean> {
    if (this.child.exitCode !== null) throw new Error(`the replica ended with ${String(this.child.exitCode)}`);
    return (await new ApiClient(this.managementUrl).get('/readyz')).status === 200;
  }
}

/** The records of a file of procfs, which end with NUL each. */
async function records(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\0').filter(record => record !== '');
}
