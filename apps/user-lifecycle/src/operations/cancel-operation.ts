import { DomainError, notFound, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { FindOperation, type FoundOperation } from './find-operation.js';
import { OperationRepository } from './operation.repository.js';
import { RunOperations } from './run-operations.js';

/** Asks an operation to stop before its next item. What was done stays. Repeating it changes nothing. */
@Injectable()
export class CancelOperation {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly operations: OperationRepository,
    private readonly find: FindOperation,
    private readonly runner: RunOperations,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 404; 409 `operation_finished` when it is over otherwise */
  execute(tenantId: TenantId, id: string): Promise<FoundOperation> {
    return this.uow.run(tenantId, async tx => {
      const operation = await this.operations.lock(tx, id);
      if (!operation) throw notFound('operation');
      if (operation.finishedAt !== null && operation.state !== 'cancelled') {
        throw new DomainError('operation_finished', 'conflict', `The operation has ${operation.state} already`);
      }
      if (operation.finishedAt === null && !operation.cancelRequested) {
        await this.operations.requestCancel(tx, id);
        await recordAudit(this.outbox, tx, {
          action: 'operation.cancel_requested',
          target: { type: 'operation', id },
          changes: { done: { after: operation.done } },
        });
        tx.afterCommit(() => this.runner.wakeUp());
      }
      return this.find.show(tx, (await this.operations.find(tx, id))!);
    });
  }
}
