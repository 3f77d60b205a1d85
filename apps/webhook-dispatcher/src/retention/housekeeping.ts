import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SyncPrincipal } from '../endpoints/sync-principal.js';
import { ExpireDeliveries } from './expire-deliveries.js';
import { KeepPartitions } from './keep-partitions.js';

const ROUND_MS = 10_000;
const PARTITIONS_EVERY = 360;

/** What has to be done now and then, on every replica; each piece is safe to be done by several. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Housekeeping.name);
  private readonly stopped = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly partitions: KeepPartitions,
    private readonly expire: ExpireDeliveries,
    private readonly principals: SyncPrincipal,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // A service that was off for a week must not start without today's partitions.
    await this.partitions.execute();
    this.loop = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    for (let round = 1; !signal.aborted; round++) {
      await delay(ROUND_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.attempt('expired deliveries', () => this.expire.execute());
      await this.attempt('endpoint principals', () => this.principals.sweep());
      if (round % PARTITIONS_EVERY === 0) await this.attempt('partitions', () => this.partitions.execute());
    }
  }

  private async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
