import { childTraceparent, type RequestContext } from '@countersign/kernel';
import type { Operation } from './operation.js';

/** What audit rows, events and hooks of an operation show: its starter, the trace of the request, the operation as correlation. */
export function contextOf({ tenantId, id, starter }: Operation): RequestContext {
  const { actor, traceparent, clientIp, userAgent } = starter;
  return { tenantId, actor, clientIp, userAgent, correlationId: id, traceparent: childTraceparent(traceparent) };
}
