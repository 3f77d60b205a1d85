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
import type { BusChoice } from './environment.js';
import { Fleet } from './fleet.js';
import { KeptKafka } from './kept-kafka.js';
import { endLeftovers } from './leftovers.js';
import type { Reporter } from './reporter.js';
import { waitUntilReady } from './wait-until-ready.js';

/** Another process holds the data folder. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

/** The whole platform on one data folder: database, with BUS=kafka a broker, services, gateway. */
export class Platform {
  private stopping = false;

  private constructor(
    readonly directory: DataDirectory,
    readonly addresses: Addresses,
    private readonly lock: Lock,
    private database: InstallationDatabase,
    private readonly kafka: KeptKafka | undefined,
    private readonly fleet: Fleet,
    private readonly reporter: Reporter,
  ) {}

  /**
   * Starts everything and waits until the gateway is ready. What a killed supervisor left behind is taken over (the
   * database), ended (the broker) or waited for (services).
   * @throws AlreadyRunning, PortTaken, StartFailed, or what the database or the broker says
   */
  static async start(config: StartConfig, reporter: Reporter, signal: AbortSignal): Promise<Platform> {
    const directory = new DataDirectory(config.dataDir);
    const lock = takeLock(directory);
    if (!lock) throw new AlreadyRunning(alreadyRunning(directory));
    let database: InstallationDatabase | undefined;
    let kafka: KeptKafka | undefined;
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
      const opening = InstallationDatabase.open(directory).then(opened => (database = opened));
      const starting = startBroker(config, directory, addresses, reporter, broker => fleet?.noteKafka(broker));
      await Promise.allSettled([opening, starting.then(started => (kafka = started))]);
      [database, kafka] = await Promise.all([opening, starting]);
      if (kafka) reporter.say(`Kafka's broker is at ${kafka.current.brokers.join()}`);
      if (database.server.adopted) reporter.say('The database of a start that was killed has been taken over');
      const reports = await migrateIfNeeded(database);
      const ran = reports.reduce((sum, report) => sum + report.ran.length, 0);
      if (ran > 0) reporter.say(`Tables are up to date (${ran} migrations ran)`);
      signal.throwIfAborted();
      fleet = new Fleet(directory, database, addresses, busOf(config, kafka), config.environment, reporter);
      if (kafka) fleet.noteKafka(kafka.current);
      const platform = new Platform(directory, addresses, lock, database, kafka, fleet, reporter);
      platform.watchDatabase();
      fleet.start();
      await waitUntilReady(fleet, addresses.gatewayUrl, reporter, signal);
      return platform;
    } catch (error) {
      await fleet?.stop();
      await kafka?.stop();
      await database?.server.stop();
      removePlatformFile(directory);
      lock.release();
      throw error;
    }
  }

  /** Gateway, services, broker, database, in this order; the data folder is free afterwards. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.fleet.stop();
    await this.kafka?.stop();
    await this.database.server.stop();
    removePlatformFile(this.directory);
    this.lock.release();
  }

  /** Ends the services without draining; broker and database still close their files. */
  async stopNow(): Promise<void> {
    this.stopping = true;
    this.fleet.kill();
    await this.kafka?.stop();
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

function startBroker(
  { bus, kafkaBrokers }: StartConfig,
  directory: DataDirectory,
  addresses: Addresses,
  reporter: Reporter,
  onStart: (broker: KeptKafka['current']) => void,
): Promise<KeptKafka | undefined> {
  if (bus !== 'kafka' || kafkaBrokers) return Promise.resolve(undefined);
  return KeptKafka.start(directory, addresses.kafka, reporter, ({ brokers, pid }) => onStart({ brokers, pid }));
}

function busOf({ bus, kafkaBrokers }: StartConfig, kafka: KeptKafka | undefined): BusChoice {
  if (bus === 'postgres') return { kind: bus };
  return { kind: bus, brokers: kafka?.current.brokers.join() ?? kafkaBrokers ?? '', own: kafka !== undefined };
}

function alreadyRunning(directory: DataDirectory): string {
  const running = readPlatformFile(directory);
  const where = running ? ` at ${running.publicUrl} (pid ${running.pid})` : '';
  return (
    `Countersign already runs on ${directory.path}${where}.\n` +
    'Stop that one first (Ctrl-C), or start another on data of its own: DATA_DIR=.other PORT=3001 npm start'
  );
}
