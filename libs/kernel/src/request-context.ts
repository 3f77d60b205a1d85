import { AsyncLocalStorage } from 'node:async_hooks';
import { randomHex } from './random-pool.js';
import type { TenantId } from './tenant-id.js';

/** Who acts. `endpoint` is a webhook endpoint's own principal, `operator` the command line, `system` a timer or consumer. */
export interface Actor {
  type: 'user' | 'endpoint' | 'api_key' | 'operator' | 'service' | 'system';
  id: string;
  /** Set when a delegate acts for the user. */
  delegateeId?: string;
}

/** What is known of the request or event under way; read by logs, audit rows, problem documents and the event envelope. */
export interface RequestContext {
  /** W3C trace context: `00-<trace id>-<span id>-<flags>`. */
  traceparent: string;
  tenantId?: TenantId;
  actor?: Actor;
  /** The client's address as the gateway saw it. */
  clientIp?: string;
  userAgent?: string;
  correlationId?: string;
  /** The id of the event being handled: the cause of whatever is emitted meanwhile. */
  causationId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** A child span of the given W3C traceparent, or the root of a new trace when there is none or it is malformed. */
export function childTraceparent(parent?: string | null): string {
  const match = parent ? TRACEPARENT.exec(parent) : null;
  const span = randomHex(8);
  return match ? `00-${match[1]}-${span}-${match[3]}` : `00-${randomHex(16)}-${span}-01`;
}

export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}
