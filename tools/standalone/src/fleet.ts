import {
  GATEWAY,
  secretFiles,
  SERVICES,
  writePlatformFile,
  type DataDirectory,
  type InstallationDatabase,
  type PlatformFile,
} from '@countersign/cli';
import { httpUrl, type Addresses } from './addresses.js';
import { serviceEnvironment, type BusChoice } from './environment.js';
import { installationArgument } from './leftovers.js';
import type { Reporter } from './reporter.js';
import { ServiceLog } from './service-log.js';
import { ServiceProcess } from './service-process.js';

const READ_LOGS_EVERY_MS = 500;

/** All services of one platform: kept running, their errors shown, their addresses and pids in platform.json. */
export class Fleet {
  private readonly services: ServiceProcess[];
  private readonly platform: PlatformFile;
  private readonly reader: NodeJS.Timeout;

  constructor(
    private readonly directory: DataDirectory,
    database: InstallationDatabase,
    private readonly addresses: Addresses,
    bus: BusChoice,
    environment: Record<string, string | undefined>,
    private readonly reporter: Reporter,
  ) {
    this.platform = {
      pid: process.pid,
      startedAt: new Date().toISOString(),
      publicUrl: addresses.publicUrl,
      gatewayUrl: addresses.gatewayUrl,
      databaseSocket: database.server.socketDir,
      services: {},
    };
    const secrets = secretFiles(directory);
    this.services = SERVICES.map(({ name, main, migrate }) => {
      const { host, port, managementPort } = addresses.of[name]!;
      this.platform.services[name] = { url: httpUrl(host, port), managementUrl: httpUrl(host, managementPort) };
      const urls = migrate === undefined ? undefined : database.urlsOf(name);
      return new ServiceProcess(
        {
          name,
          args: ['--enable-source-maps', main, installationArgument(directory.path)],
          environment: serviceEnvironment(name, environment, addresses, secrets, bus, urls),
        },
        new ServiceLog(name, directory.log(name)),
        { started: (service, pid) => this.started(service, pid), died: (...event) => this.died(...event) },
      );
    });
    this.reader = setInterval(() => this.showErrors(), READ_LOGS_EVERY_MS);
  }

  start(): void {
    for (const service of this.services) service.start();
  }

  /** The broker that platform.json names from now on. */
  noteKafka(kafka: PlatformFile['kafka']): void {
    this.platform.kafka = kafka;
    writePlatformFile(this.directory, this.platform);
  }

  /** Services that have died at least `times` times since they were last sound. */
  failing(times: number): ServiceProcess[] {
    return this.services.filter(service => service.deaths >= times);
  }

  /** Why each service is not ready, in its own words; empty when all are. */
  async unready(): Promise<Record<string, string>> {
    const states = await Promise.all(
      this.services.map(async ({ name }) => [name, await this.askReadiness(name)] as const),
    );
    return Object.fromEntries(states.filter(([, state]) => state !== undefined)) as Record<string, string>;
  }

  /** The gateway first, so that nobody is let in any more; then the services side by side. */
  async stop(): Promise<void> {
    clearInterval(this.reader);
    const isDoor = (service: ServiceProcess) => service.name === GATEWAY.name;
    await Promise.all(this.services.filter(isDoor).map(service => this.stopOne(service)));
    await Promise.all(this.services.filter(service => !isDoor(service)).map(service => this.stopOne(service)));
    this.showErrors();
  }

  kill(): void {
    clearInterval(this.reader);
    for (const service of this.services) service.kill();
  }

  private async stopOne(service: ServiceProcess): Promise<void> {
    const how = await service.stop();
    if (how !== undefined && how !== 'exit code 0') this.reporter.warn(`${service.name} did not end in order (${how})`);
  }

  private async askReadiness(name: string): Promise<string | undefined> {
    const { host, managementPort } = this.addresses.of[name]!;
    try {
      const answer = await fetch(`${httpUrl(host, managementPort)}/readyz`, { signal: AbortSignal.timeout(3_000) });
      const { checks } = (await answer.json()) as { checks?: Record<string, string> };
      if (answer.status === 200) return undefined;
      const open = Object.entries(checks ?? {}).filter(([, state]) => state !== 'ok');
      return open.map(([check, state]) => `${check}: ${state}`).join('; ') || `answers ${answer.status}`;
    } catch {
      return 'does not answer yet';
    }
  }

  private started(name: string, pid: number): void {
    this.platform.services[name] = { ...this.platform.services[name]!, pid };
    writePlatformFile(this.directory, this.platform);
  }

  private died(name: string, how: string, restartInMs: number): void {
    this.reporter.warn(`${name} has ended (${how}); it is started again in ${restartInMs / 1000} s`);
  }

  private showErrors(): void {
    for (const service of this.services) {
      try {
        for (const error of service.log.readErrors()) this.reporter.error(error.service, error.message);
      } catch {
        // No log yet.
      }
    }
  }
}
