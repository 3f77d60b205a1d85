import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { BreakerRepository } from './breaker.repository.js';
import { DeliveryQueueRepository, type DueEndpoint } from './delivery-queue.repository.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import { EndpointGates } from './endpoint-gates.js';
import type { Job } from './job.js';

const BATCH = 500;
const ENDPOINTS = 200;
const LEAST = 10;

/** Takes due deliveries out of the queue: some of each endpoint, so that a full queue of one holds up no other. */
@Injectable()
export class ClaimDeliveries {
  /** Endpoints of which the last claim left due deliveries behind. */
  readonly more = new Set<string>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: DeliveryQueueRepository,
    private readonly breakers: BreakerRepository,
    private readonly gates: EndpointGates,
    private readonly metrics: DispatcherMetrics,
  ) {}

  /** @param wants how many of an endpoint to take at most */
  async execute(claimId: string, wants: (endpointId: string) => number): Promise<Job[]> {
    const { jobs, probes } = await this.uow.system('claim deliveries', async tx => {
      // A claim that a crash of the server loses is one that was never made: the delivery is due again.
      await tx.query('set local synchronous_commit = off');
      const due = await this.queue.dueEndpoints(tx, ENDPOINTS);
      this.metrics.dueAge.set(due.reduce((oldest, { age }) => Math.max(oldest, age), 0));
      this.more.clear();
      if (due.length === 0) return { jobs: [], probes: [] };
      const share = Math.max(LEAST, Math.floor(BATCH / due.length));
      const wanted: (DueEndpoint & { limit: number })[] = [];
      const now = Date.now();
      for (const endpoint of due) {
        const { tenantId, endpointId, probing } = endpoint;
        if (this.gates.phase(endpointId, now) === 'open') continue;
        const limit = Math.min(share, wants(endpointId));
        if (limit === 0) this.more.add(endpointId);
        else if (!probing) wanted.push({ ...endpoint, limit });
        else if (await this.breakers.takeProbe(tx, tenantId, endpointId)) wanted.push({ ...endpoint, limit: 1 });
      }
      const jobs = await this.queue.claim(tx, claimId, wanted);
      const taken = Map.groupBy(jobs, job => job.endpointId);
      for (const { endpointId, limit, probing } of wanted)
        if (!probing && taken.get(endpointId)?.length === limit) this.more.add(endpointId);
      const probes = wanted.filter(({ probing }) => probing);
      // All that is due may wait for its order: then the turn is somebody else's, an awaited call's for one.
      for (const { tenantId, endpointId } of probes)
        if (!taken.has(endpointId)) await this.breakers.returnProbe(tx, tenantId, endpointId);
      return { jobs, probes: probes.filter(({ endpointId }) => taken.has(endpointId)) };
    });
    for (const { tenantId, endpointId } of probes) this.gates.halfOpen(tenantId, endpointId);
    return jobs;
  }
}
