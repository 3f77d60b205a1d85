import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { SweepOrphanedCredentials } from '../credentials/sweep-orphaned-credentials.js';
import { SigningKeys } from '../tokens/signing-keys.js';
import { SweepExpired } from './sweep-expired.js';

const EVERY_MS = 5 * 60_000;

/** Runs the chores of this service every five minutes or so; each may run on several replicas at the same time. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('housekeeping');
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly sweepExpired: SweepExpired,
    private readonly sweepOrphanedCredentials: SweepOrphanedCredentials,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    for (;;) {
      // Spread, so that replicas that started together do not stay together.
      await delay(EVERY_MS * (0.8 + 0.4 * Math.random()), undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await this.chore('signing keys', () => this.signingKeys.maintain());
      await this.chore('expired rows', () => this.sweepExpired.execute());
      await this.chore('orphaned credentials', () => this.sweepOrphanedCredentials.execute());
    }
  }

  private async chore(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // It comes round again; until then nothing but space is lost.
      this.logger.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
