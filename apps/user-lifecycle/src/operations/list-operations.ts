import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { decodeCursor, toPage, type Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { OPERATION_COLUMNS, toOperation, type OperationRow } from './operation-row.js';
import { operationCursorSchema, type ShownOperation } from './operation.schema.js';
import type { OperationState } from './operation.js';
import { summarize } from './show-operation.js';

export interface ListOperationsQuery {
  tenantId: TenantId;
  state?: OperationState;
  cursor?: string;
  limit: number;
}

/** A page of the tenant's operations, newest first. */
@Injectable()
export class ListOperations {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws DomainError 400 for a cursor that is none of ours */
  async execute({
    tenantId,
    state,
    cursor,
    limit,
  }: ListOperationsQuery): Promise<Page<Omit<ShownOperation, 'errors'>>> {
    const parameters: unknown[] = [tenantId];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const after = cursor === undefined ? undefined : decodeCursor(cursor, operationCursorSchema);
    const conditions = [
      `o.tenant_id = $1 and o.state <> 'receiving'`,
      ...(state ? [`o.state = ${bind(state)}`] : []),
      ...(after ? [`(o.created_at, o.id) < (${bind(after[0])}::timestamptz, ${bind(after[1])})`] : []),
    ];
    const rows = await this.uow.run(tenantId, tx =>
      tx.query<OperationRow & { errors: number }>(
        `select ${OPERATION_COLUMNS}, (select count(*)::int from operation_errors e
                                         where e.tenant_id = o.tenant_id and e.operation_id = o.id) as errors
           from operations o where ${conditions.join(' and ')} order by o.created_at desc, o.id desc limit ${limit + 1}`,
        parameters,
      ),
    );
    const show = ({ errors, ...row }: (typeof rows)[number]) => summarize(toOperation(row), errors);
    return toPage(rows, limit, show, row => [row.created_at.toISOString(), row.id]);
  }
}
