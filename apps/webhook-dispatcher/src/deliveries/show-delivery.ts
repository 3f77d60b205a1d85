import { maskBody } from '../hooks/hook-request.js';
import type { AttemptRow, DeliveryRow } from './delivery-log.repository.js';
import type { ShownDelivery, ShownDeliveryDetail } from './delivery.schema.js';

export function showDelivery(row: DeliveryRow): ShownDelivery {
  return {
    id: row.id,
    hook: row.hook,
    mode: row.mode,
    endpoint: { id: row.endpointId, name: row.endpointName },
    userId: row.userId,
    state: row.state,
    awaited: row.awaited,
    dryRun: row.dryRun,
    verdict: row.verdict,
    message: row.message,
    patch: row.patch,
    ignored: row.ignored,
    attemptCount: row.attempts,
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** @param body of the hook; null when it is past its retention */
export function showAttempt(row: AttemptRow, body: string | null): ShownDeliveryDetail['attempts'][number] {
  return {
    id: row.id,
    number: row.number,
    at: row.startedAt.toISOString(),
    durationMs: row.durationMs,
    succeeded: row.succeeded,
    outcome: row.transport,
    address: row.address,
    error: row.error,
    request: { method: 'POST', url: row.url, headers: row.requestHeaders, body: body === null ? null : maskBody(body) },
    response:
      row.status === null
        ? null
        : {
            status: row.status,
            headers: row.responseHeaders ?? {},
            body: row.responseBody?.toString('utf8') ?? '',
            truncated: row.responseTruncated,
          },
  };
}
