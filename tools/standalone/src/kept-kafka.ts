import { setTimeout as delay } from 'node:timers/promises';
import type { DataDirectory } from '@countersign/cli';
import { startKafka, type Kafka } from '@countersign/kafka-broker';
import type { Addresses } from './addresses.js';
import type { Reporter } from './reporter.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** The broker of one platform: kept running on the same ports, on the data folder. */
export class KeptKafka {
  private stopping = false;
  private restart: Promise<void> = Promise.resolve();

  private constructor(
    private broker: Kafka,
    private readonly start: () => Promise<Kafka>,
    private readonly reporter: Reporter,
    private readonly onStart: (broker: Kafka) => void,
  ) {
    this.watch();
  }

  /**
   * @param onStart told of every broker after the first
   * @throws Error naming the remedy when Java or the jars are missing; Error with the end of the log when it does not start
   */
  static async start(
    directory: DataDirectory,
    { port, controllerPort }: Addresses['kafka'],
    reporter: Reporter,
    onStart: (broker: Kafka) => void,
  ): Promise<KeptKafka> {
    const start = () =>
      startKafka({ dataDir: directory.kafka, port, controllerPort, onFetch: text => reporter.say(text) });
    return new KeptKafka(await start(), start, reporter, onStart);
  }

  get current(): Pick<Kafka, 'brokers' | 'pid'> {
    return { brokers: this.broker.brokers, pid: this.broker.pid };
  }

  /** In order; a start that is under way is waited for. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.broker.stop();
    await this.restart;
  }

  private watch(): void {
    void this.broker.exited.then(how => {
      if (!this.stopping) this.restart = this.startAgain(how);
    });
  }

  private async startAgain(how: string): Promise<void> {
    this.reporter.warn(`Kafka's broker has ended (${how}); it is started again`);
    for (let pause = FIRST_PAUSE_MS; !this.stopping; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        this.broker = await this.start();
        if (this.stopping) return await this.broker.stop();
        this.onStart(this.broker);
        return this.watch();
      } catch (error) {
        this.reporter.error('kafka', error instanceof Error ? error.message : String(error));
        await delay(pause);
      }
    }
  }
}
