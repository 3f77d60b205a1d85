import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { decodeCursor, toPage, type Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import type { OperationError } from './operation.js';
import { OperationRepository } from './operation.repository.js';
import { errorCursorSchema } from './operation.schema.js';

export interface ListOperationErrorsQuery {
  tenantId: TenantId;
  operationId: string;
  cursor?: string;
  limit: number;
}

/** A page of what was wrong with an operation's items, by line. */
@Injectable()
export class ListOperationErrors {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly operations: OperationRepository,
  ) {}

  /** @throws DomainError 404; 400 for a cursor that is none of ours */
  async execute({ tenantId, operationId, cursor, limit }: ListOperationErrorsQuery): Promise<Page<OperationError>> {
    const after = cursor === undefined ? ([0, 0] as const) : decodeCursor(cursor, errorCursorSchema);
    const rows = await this.uow.run(tenantId, async tx => {
      if (!(await this.operations.find(tx, operationId))) throw notFound('operation');
      return this.operations.errorsAfter(tx, operationId, after, limit + 1);
    });
    const show = ({ line, code, pointer, message }: OperationError) => ({ line, code, pointer, message });
    return toPage(rows, limit, show, row => [row.line, row.position]);
  }
}
