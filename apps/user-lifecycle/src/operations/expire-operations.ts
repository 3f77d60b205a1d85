import type { Clock } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OperationQueueRepository, type OperationKey } from './operation-queue.repository.js';
import { OperationRepository } from './operation.repository.js';

const KEPT_DAYS = 30;
const EVERY_MS = 3_600_000;
const OPERATIONS = 100;
const ERRORS = 5_000;

/** Deletes operations 30 days after their end, with their errors; hourly, by every replica. */
@Injectable()
export class ExpireOperations implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ExpireOperations.name);
  private timer?: NodeJS.Timeout;
  private running: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly queue: OperationQueueRepository,
    private readonly operations: OperationRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.execute().catch((error: unknown) => {
        this.logger.warn(`Operations that are over stay: ${String(error)}`);
      });
    }, EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** @returns how many were deleted */
  async execute(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - KEPT_DAYS * 24 * 3_600_000);
    let deleted = 0;
    for (;;) {
      const expired = await this.uow.system('expire operations', tx =>
        this.queue.finishedBefore(tx, before, OPERATIONS),
      );
      for (const key of expired) {
        if (this.stopped) return deleted;
        await this.remove(key);
        deleted += 1;
      }
      if (expired.length < OPERATIONS) return deleted;
    }
  }

  private async remove({ tenantId, id }: OperationKey): Promise<void> {
    for (;;) {
      const removed = await this.uow.run(tenantId, tx => this.operations.removeErrors(tx, id, ERRORS));
      if (removed < ERRORS) break;
    }
    await this.uow.run(tenantId, tx => this.operations.remove(tx, id));
  }
}
