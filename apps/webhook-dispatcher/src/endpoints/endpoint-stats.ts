import type { Clock, TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { endpointNotFound } from './endpoint.errors.js';
import { EndpointRepository } from './endpoint.repository.js';

const BUCKET_MS = 3_600_000;
const BUCKETS = 24;

export interface StatsBucket {
  from: Date;
  to: Date;
  succeeded: number;
  failed: number;
  p95Ms: number | null;
}

@Injectable()
export class EndpointStats {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Attempts of the last 24 hours by full hour (UTC), oldest first, the current hour last. @throws DomainError 404 */
  async execute(tenantId: TenantId, id: string): Promise<StatsBucket[]> {
    const end = Math.floor(this.clock.now().getTime() / BUCKET_MS) * BUCKET_MS + BUCKET_MS;
    const start = end - BUCKETS * BUCKET_MS;
    const rows = await this.uow.run(tenantId, async tx => {
      if (!(await this.endpoints.find(tx, id))) throw endpointNotFound();
      return tx.query<{ at: Date; succeeded: number; failed: number; p95: number }>(
        `select date_bin('1 hour', started_at, timestamptz 'epoch') as at, count(*) filter (where succeeded)::int as succeeded,
           count(*) filter (where not succeeded)::int as failed, percentile_disc(0.95) within group (order by duration_ms) as p95
         from attempt where tenant_id = $1 and endpoint_id = $2 and started_at >= $3 and started_at < $4 group by 1`,
        [tenantId, id, new Date(start), new Date(end)],
      );
    });
    const found = new Map(rows.map(row => [row.at.getTime(), row]));
    return Array.from({ length: BUCKETS }, (_, index) => {
      const from = start + index * BUCKET_MS;
      const row = found.get(from);
      return {
        from: new Date(from),
        to: new Date(from + BUCKET_MS),
        succeeded: row?.succeeded ?? 0,
        failed: row?.failed ?? 0,
        p95Ms: row?.p95 ?? null,
      };
    });
  }
}
