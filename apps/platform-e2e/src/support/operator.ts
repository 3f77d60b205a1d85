import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readSuiteConfig } from './config.js';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The operator's command against one platform's data folder, or what `settings` name in its place. */
export class Operator {
  constructor(
    private readonly dataDir: string,
    private readonly baseUrl: string,
    private readonly settings: Readonly<Record<string, string>> = {},
  ) {}

  /** Runs `countersign <args> --json`. @throws Error with the command's own words when it fails. */
  async run<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.attempt(...args, '--json');
    if (code !== 0) throw new Error(`countersign ${args.join(' ')} ended with ${String(code)}: ${stderr}${stdout}`);
    return JSON.parse(stdout) as T;
  }

  attempt(...args: readonly string[]): Promise<CommandResult> {
    const { workspace, environment } = readSuiteConfig();
    const { port } = new URL(this.baseUrl);
    const child = spawn(process.execPath, [join(workspace, 'tools/cli/bin/countersign.mjs'), ...args], {
      cwd: workspace,
      env: { ...environment, DATA_DIR: this.dataDir, HOST: '127.0.0.1', PORT: port, ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', code => {
        resolve({ code: code ?? -1, stdout, stderr });
      });
    });
  }
}
