import type { Operation, OperationError, OperationState } from './operation.js';
import type { ShownOperation } from './operation.schema.js';

/** An operation as lists show it. */
export function summarize(operation: Operation, errorCount: number): Omit<ShownOperation, 'errors'> {
  const { id, kind, done, failed, total, failure, result, params, starter, cancelRequested } = operation;
  return {
    id,
    kind,
    state: operation.state as OperationState,
    progress: { done, total: total ?? 0, failed },
    errorCount,
    ...(failure ? { failure } : {}),
    ...(result ? { result } : {}),
    params,
    ...(params['dryRun'] === true ? { dryRun: true } : {}),
    startedBy: { type: starter.actor.type, id: starter.actor.id },
    ...(cancelRequested && operation.finishedAt === null ? { cancelRequested } : {}),
    createdAt: operation.createdAt.toISOString(),
    startedAt: operation.startedAt?.toISOString() ?? null,
    finishedAt: operation.finishedAt?.toISOString() ?? null,
  };
}

export function showOperation(operation: Operation, errorCount: number, errors: OperationError[]): ShownOperation {
  return { ...summarize(operation, errorCount), errors };
}
