import type { hookVerdictSchema } from '@countersign/contracts';
import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { momentOf } from './new-delivery.js';

/** The log is written a moment after the answer: the verdict may be here first. */
const WAITS_MS = [0, 10, 20, 50, 100, 200, 500, 1_000];

/** Notes that an answer did not pass the caller's own validation. */
@Injectable()
export class RecordVerdict {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly log: DeliveryLogRepository,
  ) {}

  /** @throws DomainError 404 */
  async execute(
    tenantId: TenantId,
    id: string,
    { verdict, pointer, message }: z.output<typeof hookVerdictSchema>,
  ): Promise<void> {
    const createdAt = momentOf(id);
    if (createdAt) {
      for (const wait of WAITS_MS) {
        if (wait > 0) await delay(wait);
        const noted = await this.uow.run(tenantId, tx =>
          this.log.setVerdict(tx, { id, createdAt }, verdict, `${pointer}: ${message}`),
        );
        if (noted) return;
      }
    }
    throw notFound('delivery');
  }
}
