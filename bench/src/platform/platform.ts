import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirectory, readPlatformFile, workspaceRoot, type PlatformFile } from '@countersign/cli';
import pg from 'pg';
import type { BenchConfig } from '../config.js';
import { logIn } from './administrator.js';
import type { ApiClient } from './api-client.js';
import { scratchFolder } from './scratch.js';
import { waitUntil } from './wait-until.js';

const START_DEADLINE_MS = 240_000;

/** No benchmark measures the gateway's limits. */
export const UNLIMITED = {
  RATE_LIMIT_TENANT: '100000000/60',
  RATE_LIMIT_PRINCIPAL: '100000000/60',
  RATE_LIMIT_ADDRESS: '100000000/60',
};

export interface PlatformOptions {
  config: BenchConfig;
  /** Folder of the data, which stays; without it a new one, which goes with the platform. */
  dataDir?: string;
  /** Settings of the services for this run. */
  environment?: Readonly<Record<string, string>>;
}

/** The whole platform as `npm start` runs it (without the build), on data of its own. */
export class Platform {
  private constructor(
    private readonly supervisor: ChildProcess,
    private readonly log: string,
    readonly directory: DataDirectory,
    private readonly removeData: () => Promise<void>,
  ) {}

  static async start({ config, dataDir, environment = {} }: PlatformOptions): Promise<Platform> {
    const folder = await scratchFolder(config);
    const directory = new DataDirectory(dataDir ?? join(folder.path, 'data'));
    const log = join(folder.path, 'start.log');
    const output = openSync(log, 'a');
    const supervisor = spawn(process.execPath, [join(workspaceRoot, 'tools/standalone/dist/main.js')], {
      cwd: workspaceRoot,
      env: {
        ...config.environment,
        ...environment,
        DATA_DIR: directory.path,
        HOST: '127.0.0.1',
        PORT: '0',
        NODE_ENV: 'production',
        // As tools/workspace/start.mjs does.
        NODE_COMPILE_CACHE: join(workspaceRoot, 'node_modules/.cache/countersign'),
        // Ends the platform even when this process is killed.
        PARENT_PIPE_FD: '3',
      },
      stdio: ['ignore', output, output, 'pipe'],
      detached: true,
    });
    supervisor.stdio[3]?.on('error', () => undefined);
    const platform = new Platform(supervisor, log, directory, folder.remove);
    try {
      await platform.ready();
      return platform;
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }

  /** Addresses and process ids of the services. */
  get file(): PlatformFile {
    const file = readPlatformFile(this.directory);
    if (!file) throw new Error('The platform does not run');
    return file;
  }

  /** Process ids by name: the services, and the database's first process. */
  async pids(): Promise<Record<string, number>> {
    const services = Object.entries(this.file.services).flatMap(([name, { pid }]) =>
      pid ? [[name, pid] as const] : [],
    );
    const [postmaster] = (await readFile(join(this.directory.postgres, 'postmaster.pid'), 'utf8')).split('\n');
    return { ...Object.fromEntries(services), postgres: Number(postmaster) };
  }

  /** The demo tenant's administrator, logged in. To be called once. */
  administrator(): Promise<ApiClient> {
    return logIn(this.file.gatewayUrl, this.directory.firstLoginFile);
  }

  /** A connection as the database's superuser, for what a benchmark puts there and looks at. */
  async database(): Promise<pg.Client> {
    const client = new pg.Client(await this.databaseUrl());
    await client.connect();
    return client;
  }

  async databaseUrl(): Promise<string> {
    const password = await readFile(join(this.directory.postgres, 'countersign.superuser'), 'utf8');
    const socket = encodeURIComponent(this.file.databaseSocket);
    return `postgres://postgres:${encodeURIComponent(password.trim())}@/postgres?host=${socket}`;
  }

  async stop(): Promise<void> {
    if (!this.ended) {
      const exit = once(this.supervisor, 'exit');
      this.supervisor.kill('SIGINT');
      await exit;
    }
    await this.removeData();
  }

  private get ended(): boolean {
    return this.supervisor.exitCode !== null || this.supervisor.signalCode !== null;
  }

  private async ready(): Promise<void> {
    await waitUntil(
      'the platform is ready',
      async () => {
        const text = await readFile(this.log, 'utf8');
        if (this.ended) throw new Error(`The platform did not start:\n${text}`);
        const file = readPlatformFile(this.directory);
        if (!file || !hasFirstLogin(this.directory)) return false;
        const answer = await fetch(new URL('/readyz', file.gatewayUrl)).catch(() => undefined);
        return answer?.status === 200;
      },
      { timeoutMs: START_DEADLINE_MS },
    );
  }
}

function hasFirstLogin(directory: DataDirectory): boolean {
  try {
    return readFileSync(directory.firstLoginFile, 'utf8').length > 0;
  } catch {
    return false;
  }
}
