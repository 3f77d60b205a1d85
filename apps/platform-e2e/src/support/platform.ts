import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ApiClient } from './api.js';
import { readSuiteConfig } from './config.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { descendants, listProcesses, type RunningProcess } from './processes.js';

/** Three times what a first start (initdb, migrations, four services) takes on two shared cores. */
const START_DEADLINE_MS = 240_000;
const STOP_DEADLINE_MS = 60_000;

export interface PlatformOptions {
  /** Given to start again on the data of an earlier platform. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Beside what the suite itself inherits. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole platform as its users start it: the standalone start on a data folder and port of its own. */
export class Platform {
  private constructor(
    readonly baseUrl: string,
    readonly dataDir: string,
    readonly port: number,
    readonly log: string,
    private readonly supervisor: ChildProcess,
  ) {}

  static async start(options: PlatformOptions = {}): Promise<Platform> {
    const { workspace, scratch, bus, environment } = readSuiteConfig();
    await mkdir(scratch, { recursive: true });
    const dataDir = options.dataDir ?? (await freshFolder(scratch));
    const port = options.port ?? (await freePort());
    const log = `${dataDir}.log`;
    const output = openSync(log, 'a');
    const supervisor = spawn(process.execPath, [join(workspace, 'tools/workspace/start.mjs')], {
      cwd: workspace,
      env: {
        ...environment,
        ...(bus === undefined ? {} : { BUS: bus }),
        // Platforms may share the broker of KAFKA_BROKERS.
        KAFKA_PREFIX: `${basename(dataDir)}.`,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        NODE_ENV: 'production',
        ...options.environment,
      },
      stdio: ['ignore', output, output],
      detached: true,
    });
    const platform = new Platform(`http://127.0.0.1:${String(port)}`, dataDir, port, log, supervisor);
    try {
      await platform.ready();
    } catch (error) {
      await platform.stop().catch(() => undefined);
      throw new Error(`the platform did not start; end of ${log}:\n${await platform.logTail()}`, { cause: error });
    }
    return platform;
  }

  get pid(): number {
    const { pid } = this.supervisor;
    if (pid === undefined) throw new Error('the platform was not spawned');
    return pid;
  }

  async ready(deadlineMs = START_DEADLINE_MS): Promise<void> {
    const api = new ApiClient(this.baseUrl);
    await eventually(
      'GET /readyz answers 200',
      async () => {
        if (this.ended) throw new ProcessEnded(this.supervisor);
        const answer = await api.get('/readyz');
        if (answer.status !== 200) throw new Error(`${String(answer.status)} ${answer.text}`);
        return true;
      },
      { deadlineMs, everyMs: 200 },
    );
  }

  /** Everything that the start has spawned and that lives now. */
  async processes(): Promise<RunningProcess[]> {
    return descendants(await listProcesses(), this.pid);
  }

  /** As Ctrl-C does: SIGINT to the supervisor, which ends everything and then itself. */
  async stop(): Promise<void> {
    if (!this.ended) this.supervisor.kill('SIGINT');
    await eventually('the platform ends after SIGINT', () => this.ended, { deadlineMs: STOP_DEADLINE_MS });
  }

  /** Stops it and removes its data; the log of the start stays for whoever looks into a failure. */
  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** kill -9 of the supervisor alone. */
  async killSupervisor(): Promise<void> {
    this.supervisor.kill('SIGKILL');
    await eventually('the supervisor is dead', () => this.ended);
  }

  async logTail(lines = 60): Promise<string> {
    const text = await readFile(this.log, 'utf8');
    return text.split('\n').slice(-lines).join('\n');
  }

  get ended(): boolean {
    return this.supervisor.exitCode !== null || this.supervisor.signalCode !== null;
  }
}

class ProcessEnded extends Error {
  constructor({ exitCode, signalCode }: ChildProcess) {
    super(`the start command ended with ${String(exitCode ?? signalCode)}`);
  }
}

/** A new folder of mode 0700, as a home or a CI workspace often is. */
async function freshFolder(scratch: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'data-'));
  await chmod(folder, 0o700);
  return folder;
}
