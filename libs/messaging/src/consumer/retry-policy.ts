import { UnparseableEvent } from '../envelope/unparseable-event.js';
import { isInfrastructureFailure } from './infrastructure-failure.js';

/**
 * What follows from a handler's error:
 * - `outage`: what the handler depends on is away; the partition waits, the event is never dead-lettered;
 * - `hopeless`: no further try can help; dead-lettered at once;
 * - `retry`: tried again a bounded number of times, then dead-lettered.
 */
export type ErrorClass = 'outage' | 'hopeless' | 'retry';

export function classify(error: unknown): ErrorClass {
  if (error instanceof UnparseableEvent) return 'hopeless';
  return isInfrastructureFailure(error) ? 'outage' : 'retry';
}

/** Tries of one handler before its event is dead-lettered. */
export const MAX_ATTEMPTS = 4;

/** Milliseconds before the next try: 80, 160, 320, each ±25 %, so that a poison event is out of its key's way in under a second. */
export function retryDelay(attempt: number, random = Math.random): number {
  return 80 * 2 ** (attempt - 1) * (0.75 + random() * 0.5);
}

/** Milliseconds that a partition is left alone after its n-th outage in a row: from 250, doubling, at most 10 s, ±25 %. */
export function outageDelay(consecutive: number, random = Math.random): number {
  return Math.min(10_000, 250 * 2 ** (consecutive - 1)) * (0.75 + random() * 0.5);
}
