import type { Role } from '@countersign/contracts';
import { newId, type Actor, type TenantId } from '@countersign/kernel';
import type { Principal } from '@countersign/platform';
import { actorOf } from '@countersign/platform';

export const OPERATION_STATES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Who started an operation: the one as whom it works, however long that takes. */
export interface Starter {
  actor: Actor;
  /** Of the person; of an API key or an endpoint, of its principal. */
  userId: string;
  roles: readonly Role[];
  traceparent: string;
  clientIp?: string;
  userAgent?: string;
}

/** Why an operation could not be done as a whole. */
export interface OperationFailure {
  code: string;
  message: string;
}

/** Long work, as it is kept. `receiving`: what it is to work on is still arriving; the API does not show it yet. */
export interface Operation {
  tenantId: TenantId;
  id: string;
  kind: string;
  state: OperationState | 'receiving';
  /** What the work of this kind needs to know. */
  params: Record<string, unknown>;
  starter: Starter;
  total: number | null;
  done: number;
  failed: number;
  failure: OperationFailure | null;
  result: Record<string, unknown> | null;
  cancelRequested: boolean;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  version: number;
}

/** What was wrong with one item; of a file, by its line. */
export interface OperationError {
  line: number;
  code: string;
  pointer: string;
  message: string;
}

/** The id names the service that owns the operation (`ul`), so that the gateway can route by it. */
export function newOperationId(): string {
  return newId('opn').replace('_', '_ul_');
}

/** `<kind>:<id>` of a principal. */
export function principalName({ kind, id }: Pick<Principal, 'kind' | 'id'>): string {
  return `${kind}:${id}`;
}

export function starterOf(
  principal: Principal,
  context: { traceparent: string; clientIp?: string; userAgent?: string },
): Starter {
  const { traceparent, clientIp, userAgent } = context;
  return {
    actor: actorOf(principal),
    userId: principal.userId,
    roles: principal.roles,
    traceparent,
    ...(clientIp ? { clientIp } : {}),
    ...(userAgent ? { userAgent } : {}),
  };
}
