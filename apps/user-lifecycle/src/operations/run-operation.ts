import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable, Logger } from '@nestjs/common';
import { CheckStarter } from './check-starter.js';
import { HoldClaims } from './hold-claims.js';
import { OperationQueueRepository } from './operation-queue.repository.js';
import { OperationRun } from './operation-run.js';
import { OperationWorks } from './operation-work.js';
import type { Operation } from './operation.js';
import { OperationRepository } from './operation.repository.js';

/** How often progress is noted and asked whether to stop, in milliseconds. */
const BEAT_MS = 1_000;

/** Works on one claimed operation until it is over, is to stop, or belongs to another process. */
@Injectable()
export class RunOperation {
  private readonly logger = new Logger(RunOperation.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly operations: OperationRepository,
    private readonly queue: OperationQueueRepository,
    private readonly works: OperationWorks,
    private readonly claims: HoldClaims,
    private readonly checkStarter: CheckStarter,
    private readonly outbox: Outbox,
  ) {}

  /** @throws Error what keeps the work from going on for now: the database is away, or a defect */
  async execute(operation: Operation, stopping: AbortSignal): Promise<void> {
    const work = this.works.of(operation.kind);
    const run = new OperationRun(operation, operation.starter.roles);
    const stop = () => run.stop('stopping');
    stopping.addEventListener('abort', stop, { once: true });
    if (operation.cancelRequested) run.stop('cancelled');
    const over = new AbortController();
    let refusal: DomainError | undefined;
    try {
      run.roles = await this.checkStarter.execute(operation, work.roles);
      const beating = this.beat(run, over.signal, reason => {
        refusal = reason;
        run.stop('cancelled');
      });
      let result: Record<string, unknown> | undefined;
      try {
        if (!run.signal.aborted) result = await work.run(run);
      } finally {
        over.abort();
        await beating;
      }
      if (refusal) throw refusal;
      await this.end(run, result);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await this.fail(operation, error, run);
    } finally {
      stopping.removeEventListener('abort', stop);
    }
  }

  /** Ends an operation that cannot be done as a whole; what was done stays. */
  async fail(
    operation: Operation,
    { code, message }: DomainError,
    run = new OperationRun(operation, []),
  ): Promise<void> {
    await this.finish(run, { state: 'failed', failure: { code, message } });
  }

  private async end(run: OperationRun, result: Record<string, unknown> | undefined): Promise<void> {
    if (run.stopReason === 'cancelled') return this.finish(run, { state: 'cancelled' });
    if (!run.signal.aborted) return this.finish(run, { state: 'succeeded', result });
    if (run.stopReason === 'stopping') await this.giveBack(run);
  }

  private async finish(
    run: OperationRun,
    end: Omit<Parameters<OperationRepository['finish']>[3], 'done' | 'failed'>,
  ): Promise<void> {
    const { tenantId, id, kind } = run.operation;
    await this.works.of(kind).clear(tenantId, id);
    await this.uow.run(tenantId, async tx => {
      if (!(await this.operations.finish(tx, id, this.claims.id, { ...end, ...run.progress }))) return;
      await recordAudit(this.outbox, tx, {
        action: `operation.${end.state}`,
        target: { type: 'operation', id },
        changes: {
          state: { before: 'running', after: end.state },
          done: { after: run.progress.done },
          failed: { after: run.progress.failed },
          ...(end.failure ? { failure: { after: end.failure.code } } : {}),
        },
      });
    });
  }

  /** Notes progress at short intervals, and learns that the operation is to be cancelled, must stop, or is another's. */
  private async beat(run: OperationRun, over: AbortSignal, refuse: (reason: DomainError) => void): Promise<void> {
    const { operation } = run;
    for (;;) {
      await delay(BEAT_MS, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      try {
        const noted = await this.note(run);
        if (!noted) run.stop('lost');
        else if (noted.cancelRequested) run.stop('cancelled');
        run.roles = await this.checkStarter.execute(operation, this.works.of(operation.kind).roles);
      } catch (error) {
        if (error instanceof DomainError) refuse(error);
        else this.logger.warn(`The progress of ${operation.id} was not noted: ${String(error)}`);
      }
    }
  }

  private note(run: OperationRun) {
    const { tenantId, id } = run.operation;
    return this.uow.run(tenantId, tx => this.operations.progress(tx, id, this.claims.id, run.progress));
  }

  private async giveBack(run: OperationRun): Promise<void> {
    await this.note(run);
    await this.uow.system('release operation', tx => this.queue.release(tx, run.operation.id, this.claims.id));
    this.logger.log(`${run.operation.id} waits for another process`);
  }
}
