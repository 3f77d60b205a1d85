import { DeliveryFailed, DeliverySucceeded } from '@countersign/contracts';
import { childTraceparent } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable, Logger } from '@nestjs/common';
import { Batcher } from './batcher.js';
import type { Completion } from './completion.js';
import { CompletionRepository } from './completion.repository.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';

type Finished = Extract<Completion, { kind: 'finished' }>;

interface Claimed {
  claimId: string;
  completion: Completion;
}

/** Writes ended attempts in batches and tells the bus of deliveries that reached their end. */
@Injectable()
export class Completions {
  private readonly logger = new Logger(Completions.name);
  private readonly batcher: Batcher<Claimed>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CompletionRepository,
    private readonly outbox: Outbox,
    private readonly metrics: DispatcherMetrics,
  ) {
    this.batcher = new Batcher<Claimed>({
      write: items => this.write(items),
      failed: ({ completion }, error) =>
        this.logger.error(error, `delivery ${completion.job.id} could not be completed`),
    });
  }

  get size(): number {
    return this.batcher.size;
  }

  /** Resolves when it is written. */
  add(claimId: string, completion: Completion): Promise<void> {
    // The next of an ordered endpoint waits until it is written, and so does who announced.
    const { ordered, mode } = completion.job;
    return this.batcher.add({ claimId, completion }, ordered || mode === 'announce');
  }

  close(): Promise<void> {
    return this.batcher.close();
  }

  private async write(items: readonly Claimed[]): Promise<void> {
    const byClaim = Map.groupBy(items, ({ claimId }) => claimId);
    const finished = await this.uow.system('complete deliveries', async tx => {
      const ended = [];
      for (const [claimId, group] of byClaim) {
        ended.push(
          ...(await this.repository.write(
            tx,
            claimId,
            group.map(({ completion }) => completion),
          )),
        );
      }
      await this.outbox.addMany(tx, ended.filter(({ state }) => state !== 'discarded').map(toEvent));
      return ended;
    });
    for (const { state } of finished) this.metrics.finished.inc({ state });
  }
}

function toEvent({ job, state, cause, attempt }: Finished) {
  return {
    tenantId: job.tenantId,
    event: state === 'succeeded' ? DeliverySucceeded : DeliveryFailed,
    subject: job.id,
    data: {
      deliveryId: job.id,
      endpointId: job.endpointId,
      hook: job.hook,
      userId: job.userId,
      attempts: job.attempts + (attempt ? 1 : 0),
      reason: cause ?? null,
    },
    options: { traceparent: childTraceparent(job.traceparent) },
  };
}
