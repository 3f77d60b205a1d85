import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { descendants, listProcesses, serviceProcess, type RunningProcess } from '../support/processes.js';

export const SERVICES = ['gateway', 'auth-mfa', 'user-lifecycle', 'webhook-dispatcher'] as const;
export type Service = (typeof SERVICES)[number];

interface PlatformFile {
  readonly pid: number;
  readonly services: Readonly<Record<string, { readonly managementUrl: string; readonly pid?: number }>>;
}

/** Threefold what the supervisor's longest pause (15 s) and a start on two busy cores take. */
const BACK_MS = 90_000;

/** The processes of one running platform: what may be killed, and how its services say that they are well. */
export class Victims {
  constructor(
    private readonly baseUrl: string,
    private readonly dataDir: string,
  ) {}

  async service(name: string): Promise<RunningProcess> {
    const found = serviceProcess(await this.below(), name);
    if (!found) throw new Error(`no process of ${name} below the supervisor`);
    return found;
  }

  /** The postmaster, by the file that it keeps itself. */
  async database(): Promise<number> {
    return Number((await readFile(join(this.dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  /** The JVM of the broker that the supervisor has started. */
  async broker(): Promise<number> {
    const found = (await this.below()).find(({ command }) => /\bkafka\.Kafka\b/.test(command));
    if (!found) throw new Error('no Kafka broker below the supervisor');
    return found.pid;
  }

  async managementUrl(service: string): Promise<string> {
    const { services } = await this.file();
    const url = services[service]?.managementUrl;
    if (url === undefined) throw new Error(`platform.json names no ${service}`);
    return url;
  }

  /** Waits until every service, and the gateway for all of them, says that it is ready. @returns milliseconds that took */
  async ready(deadlineMs = BACK_MS): Promise<number> {
    const start = performance.now();
    await eventually(
      'every service is ready',
      async () => {
        const { services } = await this.file();
        const urls = [this.baseUrl, ...Object.values(services).map(({ managementUrl }) => managementUrl)];
        const states = await Promise.all(
          urls.map(async url => ({ url, answer: await new ApiClient(url).get('/readyz') })),
        );
        const open = states.filter(({ answer }) => answer.status !== 200);
        if (open.length > 0) throw new Error(open.map(({ url, answer }) => `${url}: ${answer.text}`).join('\n'));
        return true;
      },
      { deadlineMs, everyMs: 50 },
    );
    return performance.now() - start;
  }

  /** kill -9 of these at once, then waits for their successors and until all is ready again. @returns milliseconds that took */
  async killServices(...names: readonly Service[]): Promise<number> {
    const victims = await Promise.all(names.map(async name => ({ name, pid: (await this.service(name)).pid })));
    const start = performance.now();
    for (const { pid } of victims) process.kill(pid, 'SIGKILL');
    for (const { name, pid } of victims) {
      await this.successor(`the supervisor starts ${name} again`, pid, async () => (await this.service(name)).pid);
    }
    await this.ready();
    return performance.now() - start;
  }

  /** kill -9 of the postmaster; its backends end by themselves. @returns milliseconds until all is ready again */
  async killDatabase(): Promise<number> {
    return this.killStore('the database', () => this.database());
  }

  async killBroker(): Promise<number> {
    return this.killStore('the broker', () => this.broker());
  }

  private async killStore(what: string, pidOf: () => Promise<number>): Promise<number> {
    const pid = await pidOf();
    const start = performance.now();
    process.kill(pid, 'SIGKILL');
    await this.successor(`the supervisor starts ${what} again`, pid, pidOf);
    await this.ready();
    return performance.now() - start;
  }

  private async successor(what: string, pid: number, pidOf: () => Promise<number>): Promise<void> {
    await eventually(what, async () => (await pidOf()) !== pid, { deadlineMs: BACK_MS, everyMs: 20 });
  }

  private async below(): Promise<RunningProcess[]> {
    return descendants(await listProcesses(), (await this.file()).pid);
  }

  private async file(): Promise<PlatformFile> {
    return JSON.parse(await readFile(join(this.dataDir, 'platform.json'), 'utf8')) as PlatformFile;
  }
}
