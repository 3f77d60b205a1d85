import { randomUUID } from 'node:crypto';
import { ProcessLiveness, UnitOfWork } from '@countersign/persistence';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { UserLifecycleConfig } from '../config.js';
import { OperationQueueRepository } from './operation-queue.repository.js';

/** How long an operation stays with a process that shows no sign of life but has not freed its lock, in seconds. */
const CLAIM_SECONDS = 60;

/**
 * What this process holds: operations that it works on or receives. A process that is gone is known by its freed lock within
 * seconds, one that hangs by claims that are not renewed. Nothing depends on that being exact: whoever works on an item
 * that another has done finds it gone.
 */
@Injectable()
export class HoldClaims implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(HoldClaims.name);
  private readonly liveness: ProcessLiveness;
  private suspects = new Set<string>();
  private renewedAt = performance.now();
  readonly seconds = CLAIM_SECONDS;
  /** Names this life of this process in the operations that it holds. */
  readonly id = randomUUID();

  constructor(
    @Inject(CONFIG) config: UserLifecycleConfig,
    private readonly uow: UnitOfWork,
    private readonly queue: OperationQueueRepository,
  ) {
    this.liveness = new ProcessLiveness(config.DATABASE_WORKER_URL, 'user-lifecycle-alive');
  }

  async onModuleInit(): Promise<void> {
    await this.liveness.hold(this.id);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.liveness.stop();
  }

  /**
   * Renews what is held and frees what the dead held. A process counts as dead when its lock was free twice in a row: a
   * connection that is being made again is no death. Must run about once a second.
   */
  async keep(): Promise<void> {
    await this.uow.system('keep operations', async tx => {
      if (performance.now() - this.renewedAt > (CLAIM_SECONDS * 1_000) / 6) {
        await this.queue.renew(tx, this.id, CLAIM_SECONDS);
        this.renewedAt = performance.now();
      }
      const gone = await ProcessLiveness.gone(tx, await this.queue.otherClaims(tx, this.id));
      const dead = gone.filter(id => this.suspects.has(id));
      this.suspects = new Set(gone);
      const freed = await this.queue.reclaim(tx, dead);
      if (freed > 0) this.logger.log(`Took over ${freed} operations of a process that is gone`);
    });
  }
}
