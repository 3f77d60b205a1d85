import type { TenantId } from '@countersign/kernel';
import { DomainError } from '@countersign/kernel';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';

/**
 * Bounds the awaited calls in flight of each tenant, so that a slow receiver takes no other tenant's turn. Shadow calls, which
 * nobody waits for, have a bound of their own: they take no place of a call that decides.
 */
@Injectable()
export class Bulkhead {
  private readonly limit: number;
  private readonly running = new Map<string, number>();
  inFlight = 0;

  constructor(@Inject(CONFIG) config: Pick<WebhookDispatcherConfig, 'WEBHOOK_AWAITED_PER_TENANT'>) {
    this.limit = config.WEBHOOK_AWAITED_PER_TENANT;
  }

  /** @throws DomainError 503 `overloaded` when the tenant has too many in flight already */
  async run<T>(tenantId: TenantId, work: () => Promise<T>, kind: 'awaited' | 'shadow' = 'awaited'): Promise<T> {
    const key = `${kind} ${tenantId}`;
    const running = this.running.get(key) ?? 0;
    if (running >= this.limit) {
      throw new DomainError(
        'overloaded',
        'unavailable',
        'Too many calls wait for the tenant’s receiver; try again in a moment',
        { retryAfter: 1 },
      );
    }
    this.running.set(key, running + 1);
    this.inFlight++;
    try {
      return await work();
    } finally {
      this.inFlight--;
      const left = this.running.get(key)! - 1;
      if (left === 0) this.running.delete(key);
      else this.running.set(key, left);
    }
  }
}
