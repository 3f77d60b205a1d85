import type { Clock } from '@countersign/kernel';
import { dropPartitions, ensurePartitions, UnitOfWork } from '@countersign/persistence';
import { CLOCK, CONFIG } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 4;
/** Tables with one partition a day; what refers to others goes first. */
export const PARTITIONED_TABLES = ['attempt', 'delivery_log', 'event'] as const;

/** Makes the partitions of the days to come and drops those past their retention. */
@Injectable()
export class KeepPartitions {
  constructor(
    private readonly uow: UnitOfWork,
    @Inject(CONFIG) private readonly config: WebhookDispatcherConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute(): Promise<void> {
    const now = this.clock.now().getTime();
    const from = new Date(now - DAY_MS);
    const before = new Date(now - this.config.WEBHOOK_RETENTION_DAYS * DAY_MS);
    for (const table of PARTITIONED_TABLES) {
      await this.uow.system(`partitions of ${table}`, async tx => {
        await ensurePartitions(tx, table, { from, days: DAYS_AHEAD + 1 });
        await dropPartitions(tx, table, before);
      });
    }
  }
}
