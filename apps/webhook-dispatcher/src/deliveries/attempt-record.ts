import type { TenantId } from '@countersign/kernel';
import { newId } from '@countersign/kernel';
import type { SystemTransaction } from '@countersign/persistence';
import { columns, jsonColumn, textColumn } from '../dispatch/columns.js';
import type { HookRequest } from '../hooks/hook-request.js';
import type { HttpResult } from '../transport/http-sender.js';

/** One attempt as the log keeps it. */
export interface AttemptRecord {
  tenantId: TenantId;
  deliveryAt: Date;
  deliveryId: string;
  id: string;
  number: number;
  endpointId: string;
  succeeded: boolean;
  url: string;
  requestHeaders: Record<string, string>;
  result: HttpResult;
}

export function attemptRecord(
  delivery: { tenantId: TenantId; createdAt: Date; id: string; endpointId: string },
  number: number,
  request: HookRequest,
  result: HttpResult,
  succeeded: boolean,
): AttemptRecord {
  return {
    tenantId: delivery.tenantId,
    deliveryAt: delivery.createdAt,
    deliveryId: delivery.id,
    id: newId('att'),
    number,
    endpointId: delivery.endpointId,
    succeeded,
    url: request.url.href,
    requestHeaders: request.shownHeaders,
    result,
  };
}

/**
 * Appends attempts, many in one statement. Headers go there as one JSON array each: an array of texts would have every quote in
 * them escaped.
 */
export async function insertAttempts(tx: SystemTransaction, attempts: readonly AttemptRecord[]): Promise<void> {
  if (attempts.length === 0) return;
  await tx.prepared(
    `insert into attempt (tenant_id, delivery_at, delivery_id, id, number, endpoint_id, started_at, duration_ms, succeeded,
       transport, status, error, address, url, request_headers, response_headers, response_body, response_truncated)
     select t, da, d, i, n, e, st, ms, ok, tr, s, er, ad, u, qh, nullif(ah, 'null'), b, cut
       from rows from (unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[], $8::int[],
           $9::boolean[], $10::text[], $11::int[], $12::text[], $13::text[], $14::text[], $15::bytea[], $16::boolean[]),
         jsonb_array_elements($17), jsonb_array_elements($18))
       as given(t, da, d, i, n, e, st, ms, ok, tr, s, er, ad, u, b, cut, qh, ah)`,
    [
      ...columns(
        attempts,
        row => row.tenantId,
        row => row.deliveryAt,
        row => row.deliveryId,
        row => row.id,
        row => row.number,
        row => row.endpointId,
        row => row.result.startedAt,
        row => row.result.durationMs,
        row => row.succeeded,
        row => row.result.transport,
        row => row.result.status ?? null,
        row => textColumn(row.result.error),
        row => row.result.address ?? null,
        row => row.url,
        row => row.result.body ?? null,
        row => row.result.truncated ?? false,
      ),
      jsonColumn(attempts.map(({ requestHeaders }) => requestHeaders)),
      jsonColumn(attempts.map(({ result }) => result.headers ?? null)),
    ],
  );
}
