import { UnitOfWork, type SystemTransaction } from '@countersign/persistence';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { insertAttempts, type AttemptRecord } from '../deliveries/attempt-record.js';
import { Batcher } from '../dispatch/batcher.js';
import { columns, jsonColumn, textColumn } from '../dispatch/columns.js';
import type { AnswerRecord } from '../dispatch/completion.js';
import { DeliveryQueueRepository, type NewDelivery, type NewEvent } from '../dispatch/delivery-queue.repository.js';

const SETTLE_MS = 250;

/** An awaited call that is over. */
export interface AwaitedRecord {
  event: NewEvent;
  delivery: NewDelivery;
  attempts: AttemptRecord[];
  answer: AnswerRecord;
  finishedAt: Date;
  dryRun: boolean;
}

/** Writes awaited calls to the delivery log after they were answered: the caller does not wait for it. */
@Injectable()
export class AwaitedRecords implements OnApplicationShutdown {
  private readonly logger = new Logger(AwaitedRecords.name);
  private readonly batcher: Batcher<AwaitedRecord>;
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: DeliveryQueueRepository,
  ) {
    this.batcher = new Batcher<AwaitedRecord>({
      write: records => this.uow.system('log awaited calls', tx => this.write(tx, records)),
      failed: ({ delivery }, error) => this.logger.error(error, `awaited call ${delivery.id} could not be logged`),
    });
  }

  add(record: AwaitedRecord): void {
    this.track(this.batcher.add(record));
  }

  /** A call that goes on after its asker has left: a shadow's. */
  track(work: Promise<void>): void {
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  /** Resolves when all that is known now is in the log, or after a quarter of a second: reads see what came before them. */
  async settled(): Promise<void> {
    if (this.running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>(resolve => {
      timer = setTimeout(resolve, SETTLE_MS);
    });
    await Promise.race([Promise.allSettled(this.running), bound]);
    clearTimeout(timer);
    // What a shadow call led to was added while it ended.
    if (this.batcher.size > 0) await Promise.race([Promise.allSettled(this.running), bound]);
  }

  onApplicationShutdown(): Promise<void> {
    return this.batcher.close();
  }

  private async write(tx: SystemTransaction, records: readonly AwaitedRecord[]): Promise<void> {
    await this.queue.insertEvents(
      tx,
      records.map(({ event }) => event),
    );
    await insertAttempts(
      tx,
      records.flatMap(({ attempts }) => attempts),
    );
    await tx.query(
      `insert into delivery_log (tenant_id, created_at, id, endpoint_id, event_id, event_at, hook, mode, user_id, state, attempts,
         finished_at, cause, awaited, dry_run, verdict, message, patch, ignored)
       select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
         $8::text[], $9::text[], $10::text[], $11::int[], $12::timestamptz[], $13::text[], $14::boolean[], $15::boolean[],
         $16::text[], $17::text[], $18::jsonb[], $19::jsonb[])`,
      columns(
        records,
        ({ delivery }) => delivery.tenantId,
        ({ delivery }) => delivery.createdAt,
        ({ delivery }) => delivery.id,
        ({ delivery }) => delivery.endpointId,
        ({ delivery }) => delivery.eventId,
        ({ delivery }) => delivery.eventAt,
        ({ delivery }) => delivery.hook,
        ({ delivery }) => delivery.mode,
        ({ delivery }) => delivery.userId,
        ({ answer }) => (answer.verdict === 'unanswered' ? 'failed' : 'succeeded'),
        ({ attempts }) => attempts.length,
        ({ finishedAt }) => finishedAt,
        ({ answer }) => (answer.verdict === 'unanswered' ? textColumn(answer.message) : null),
        () => true,
        ({ dryRun }) => dryRun,
        ({ answer }) => answer.verdict,
        ({ answer }) => textColumn(answer.message),
        ({ answer }) => jsonColumn(answer.patch),
        ({ answer }) => jsonColumn(answer.ignored),
      ),
    );
  }
}
