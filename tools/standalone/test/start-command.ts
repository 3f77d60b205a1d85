import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@countersign/cli';

/** `npm start` as a child process: the same file, in the environment of a machine that has set nothing else. */
export class StartCommand {
  output = '';
  exit?: { code: number | null; signal: NodeJS.Signals | null };
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(
    private readonly dataDir: string,
    readonly port: number,
    args: readonly string[] = [],
    environment: Record<string, string> = {},
  ) {
    this.child = spawn(process.execPath, [join(workspaceRoot, 'tools/workspace/start.mjs'), ...args], {
      cwd: workspaceRoot,
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        DATA_DIR: this.dataDir,
        PORT: String(this.port),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    }
    this.ended = new Promise(resolve => {
      this.child.once('close', (code, signal) => {
        this.exit = { code, signal };
        resolve();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.exit) this.child.kill(signal);
  }

  /** How it ended. @throws Error when it has not after `withinMs` */
  async end(withinMs = 60_000): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`The start command goes on:\n${this.output}`)), withinMs);
    });
    await Promise.race([this.ended, late]).finally(() => clearTimeout(timer));
    return this.exit!;
  }
}

/** Processes of this installation that live: services by their mark, stores by their folders. */
export function survivors(dataDir: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap(path => {
    try {
      const command = readFileSync(path, 'utf8').replaceAll('\0', ' ').trim();
      return command.includes(dataDir) && !path.includes(`/${process.pid}/`) ? [command] : [];
    } catch {
      return [];
    }
  });
}
