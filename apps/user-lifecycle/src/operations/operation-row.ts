import { tenantId } from '@countersign/kernel';
import type { Operation } from './operation.js';

/** A row of `operations o`, as OPERATION_COLUMNS selects it. */
export interface OperationRow {
  tenant_id: string;
  id: string;
  kind: string;
  state: Operation['state'];
  params: Operation['params'];
  starter: Operation['starter'];
  total: number | null;
  done: number;
  failed: number;
  failure: Operation['failure'];
  result: Operation['result'];
  cancel_requested: boolean;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  version: number;
}

export const OPERATION_COLUMNS = `o.tenant_id, o.id, o.kind, o.state, o.params, o.starter, o.total, o.done, o.failed, o.failure,
  o.result, o.cancel_requested, o.created_at, o.started_at, o.finished_at, o.version`;

export function toOperation(row: OperationRow): Operation {
  const { tenant_id, cancel_requested, created_at, started_at, finished_at, ...same } = row;
  return {
    ...same,
    tenantId: tenantId(tenant_id),
    cancelRequested: cancel_requested,
    createdAt: created_at,
    startedAt: started_at,
    finishedAt: finished_at,
  };
}
