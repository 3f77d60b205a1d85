import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { ServiceLog } from './service-log.js';

export interface ServiceCommand {
  name: string;
  /** Arguments of `node`. */
  args: readonly string[];
  environment: Record<string, string | undefined>;
}

export interface ServiceEvents {
  started(name: string, pid: number): void;
  /** It ended without being told to; `restartInMs` says when it is started again. */
  died(name: string, how: string, restartInMs: number): void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** After this long without a fault a death counts as the first again: a start that fails takes less. */
const SOUND_AFTER_MS = 10_000;
/** A service drains for at most 15 s of its own accord. */
const PATIENCE_MS = 18_000;
const PIPE_FD = 3;

/**
 * One service as a child process that is kept running. It has a process group of its own, so that Ctrl-C reaches the
 * supervisor alone, and the other end of a pipe, so that it ends when the supervisor does, even by kill -9.
 */
export class ServiceProcess {
  /** How often it has died since it was last sound. */
  deaths = 0;
  private child?: ChildProcess;
  private timer?: NodeJS.Timeout;
  private startedAt = 0;
  private stopping = false;

  constructor(
    private readonly command: ServiceCommand,
    readonly log: ServiceLog,
    private readonly events: ServiceEvents,
  ) {}

  get name(): string {
    return this.command.name;
  }

  start(): void {
    const output = this.log.open();
    try {
      this.startedAt = performance.now();
      const child = spawn(process.execPath, [...this.command.args], {
        env: { ...this.command.environment, SUPERVISOR_PIPE_FD: String(PIPE_FD) },
        stdio: ['ignore', output, output, 'pipe'],
        detached: true,
      });
      this.child = child;
      // The pipe tells the service of our end, nothing else; its own end shows here as an error at most.
      child.stdio[PIPE_FD]?.on('error', () => undefined);
      child.once('error', error => this.ended(error.message));
      child.once('exit', (...how) => this.ended(describeEnd(...how)));
      if (child.pid !== undefined) this.events.started(this.name, child.pid);
    } finally {
      closeSync(output);
    }
  }

  /**
   * Ends it in order: it drains, and what has not ended after that is killed with everything that it started.
   * @returns how it ended; undefined when it was not running
   */
  async stop(): Promise<string | undefined> {
    this.stopping = true;
    clearTimeout(this.timer);
    const child = this.child;
    if (!child) return undefined;
    const ended = new Promise<string>(resolve => child.once('exit', (...how) => resolve(describeEnd(...how))));
    child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), PATIENCE_MS);
    const how = await ended;
    clearTimeout(timer);
    return how;
  }

  /** Ends it now. */
  kill(): void {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.child?.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      this.child.kill('SIGKILL');
    }
  }

  private ended(how: string): void {
    if (!this.child) return;
    this.child = undefined;
    if (this.stopping) return;
    this.deaths = performance.now() - this.startedAt > SOUND_AFTER_MS ? 1 : this.deaths + 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.deaths - 1), LONGEST_PAUSE_MS);
    this.events.died(this.name, how, pause);
    this.timer = setTimeout(() => this.start(), pause);
  }
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `killed by ${signal}` : `exit code ${code ?? '?'}`;
}
