import type { TenantId } from '@countersign/kernel';
import type { Schedulable } from './scheduler.js';

/** `notify` and `announce` tell; the awaited modes are questions that are asked again (allow_and_recheck). */
export type DeliveryMode = 'notify' | 'announce' | 'decide' | 'enrich' | 'shadow';

/** A delivery in the memory of the replica that has claimed it. */
export interface Job extends Schedulable {
  tenantId: TenantId;
  id: string;
  createdAt: Date;
  eventId: string;
  hook: string;
  mode: DeliveryMode;
  userId: string | null;
  body: string;
  traceparent: string;
  /** Attempts made so far. */
  attempts: number;
  /** Of those, before the last redelivery. */
  attemptsBefore: number;
  since: Date;
  ordered: boolean;
}

const COST_BYTES = 8_192;

export function toJob(row: Omit<Job, 'cost' | 'late' | 'lane'>): Job {
  const first = row.attempts === 0;
  return {
    ...row,
    cost: 1 + Math.floor(row.body.length / COST_BYTES),
    late: !first,
    ...(row.userId !== null && (first || row.ordered) ? { lane: `${row.endpointId} ${row.userId}` } : {}),
  };
}
