import { DomainError, type TenantId } from '@countersign/kernel';

/**
 * Bounds how many requests of one tenant wait for its hooks at a time in this process, so that a slow receiver of one tenant
 * does not take the service from the others. Who finds no place waits in line, and is refused when that takes too long.
 */
export class InFlightLimit {
  private readonly lanes = new Map<TenantId, { running: number; waiting: (() => void)[] }>();

  constructor(
    private readonly perTenant: number,
    private readonly longestWaitMs: number,
  ) {}

  /** @throws DomainError 503 `overloaded` */
  async run<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(tenantId) ?? { running: 0, waiting: [] };
    this.lanes.set(tenantId, lane);
    if (lane.running < this.perTenant) lane.running++;
    else await this.takePlace(lane.waiting);
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next) next();
      else if (--lane.running === 0) this.lanes.delete(tenantId);
    }
  }

  /** Resolves when a place was handed over; its count goes with it. */
  private takePlace(waiting: (() => void)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(
          new DomainError('overloaded', 'unavailable', "Too many requests wait for this tenant's hooks; try again", {
            retryAfter: 2,
          }),
        );
      }, this.longestWaitMs);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.push(go);
    });
  }
}
