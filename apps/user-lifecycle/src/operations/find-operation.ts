import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { Operation } from './operation.js';
import { OperationRepository } from './operation.repository.js';
import { SHOWN_ERRORS, type ShownOperation } from './operation.schema.js';
import { showOperation } from './show-operation.js';

export interface FoundOperation {
  shown: ShownOperation;
  version: number;
}

/** One operation with its progress and its first errors. */
@Injectable()
export class FindOperation {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly operations: OperationRepository,
  ) {}

  /** @throws DomainError 404 */
  execute(tenantId: TenantId, id: string): Promise<FoundOperation> {
    return this.uow.run(tenantId, async tx => {
      const operation = await this.operations.find(tx, id);
      if (!operation) throw notFound('operation');
      return this.show(tx, operation);
    });
  }

  async show(tx: TenantTransaction, operation: Operation): Promise<FoundOperation> {
    const first = await this.operations.errorsAfter(tx, operation.id, [0, 0], SHOWN_ERRORS);
    const more = first.length === SHOWN_ERRORS;
    const count = more ? (await this.operations.countErrors(tx, operation.id)).errors : first.length;
    const errors = first.map(({ line, code, pointer, message }) => ({ line, code, pointer, message }));
    return { shown: showOperation(operation, count, errors), version: operation.version };
  }
}
