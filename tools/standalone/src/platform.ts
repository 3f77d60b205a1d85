import {
  DataDirectory,
  InstallationDatabase,
  migrateIfNeeded,
  readPlatformFile,
  removePlatformFile,
  takeLock,
  type Lock,
} from '@countersign/cli';
import { setTimeout as delay } from 'node:timers/promises';
import { chooseAddresses, type Addresses } from './addresses.js';
import type { StartConfig } from './config.js';
import { Fleet } from './fleet.js';
import { endLeftovers } from './leftovers.js';
import type { Reporter } from './reporter.js';
import { waitUntilReady } from './wait-until-ready.js';

/** Another process holds the data folder. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

/** The whole platform on one data folder: database, services, gateway. */
export class Platform {
  private stopping = false;

  private constructor(
    readonly directory: DataDirectory,
    readonly addresses: Addresses,
    private readonly lock: Lock,
    private database: InstallationDatabase,
    private readonly fleet: Fleet,
    private readonly reporter: Reporter,
  ) {}

  /**
   * Starts everything and waits until the gateway is ready. What a killed supervisor left behind is taken over (the
   * database) or waited for (services).
   * @throws AlreadyRunning, PortTaken, StartFailed, or what the database says
   */
  static async start(config: StartConfig, reporter: Reporter, signal: AbortSignal): Promise<Platform> {
    const directory = new DataDirectory(config.dataDir);
    const lock = takeLock(directory);
    if (!lock) throw new AlreadyRunning(alreadyRunning(directory));
    let database: InstallationDatabase | undefined;
    let fleet: Fleet | undefined;
    try {
      const former = readPlatformFile(directory);
      if (former) {
        const left = await endLeftovers(former, directory.path);
        if (left > 0) reporter.say('The services of a start that was killed have ended');
        removePlatformFile(directory);
      }
      const addresses = await chooseAddresses(config);
      signal.throwIfAborted();
      database = await InstallationDatabase.open(directory);
      if (database.server.adopted) reporter.say('The database of a start that was killed has been taken over');
      const reports = await migrateIfNeeded(database);
      const ran = reports.reduce((sum, report) => sum + report.ran.length, 0);
      if (ran > 0) reporter.say(`Tables are up to date (${ran} migrations ran)`);
      signal.throwIfAborted();
      fleet = new Fleet(directory, database, addresses, config.environment, reporter);
      const platform = new Platform(directory, addresses, lock, database, fleet, reporter);
      platform.watchDatabase();
      fleet.start();
      await waitUntilReady(fleet, addresses.gatewayUrl, reporter, signal);
      return platform;
    } catch (error) {
      await fleet?.stop();
      await database?.server.stop();
      removePlatformFile(directory);
      lock.release();
      throw error;
    }
  }

  /** Gateway, services, database, in this order; the data folder is free afterwards. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.fleet.stop();
    await this.database.server.stop();
    removePlatformFile(this.directory);
    this.lock.release();
  }

  /** Ends the services without draining; the database still closes its files. */
  async stopNow(): Promise<void> {
    this.stopping = true;
    this.fleet.kill();
    await this.database.server.stop();
    removePlatformFile(this.directory);
    this.lock.release();
  }

  /** A database that dies is started again; the services reconnect by themselves. */
  private watchDatabase(): void {
    void this.database.server.exited.then(async how => {
      for (let pause = 100; !this.stopping; pause = Math.min(pause * 2, 10_000)) {
        this.reporter.warn(`The database has ended (${how}); it is started again`);
        try {
          this.database = await InstallationDatabase.open(this.directory);
          if (this.stopping) await this.database.server.stop();
          else this.watchDatabase();
          return;
        } catch (error) {
          this.reporter.error('database', error instanceof Error ? error.message : String(error));
          await delay(pause);
        }
      }
    });
  }
}

function alreadyRunning(directory: DataDirectory): string {
  const running = readPlatformFile(directory);
  const where = running ? ` at ${running.publicUrl} (pid ${running.pid})` : '';
  return (
    `Countersign already runs on ${directory.path}${where}.\n` +
    'Stop that one first (Ctrl-C), or start another on data of its own: DATA_DIR=.other PORT=3001 npm start'
  );
}
