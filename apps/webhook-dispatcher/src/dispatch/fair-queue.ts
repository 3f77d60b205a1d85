const QUANTUM = 4;

/** What a queue needs to know of a job. */
export interface Queued {
  tenantId: string;
  endpointId: string;
  /** Share of the tenant's turn that it takes, at least 1. */
  cost: number;
}

interface EndpointQueue<J> {
  id: string;
  jobs: J[];
  active: boolean;
}

interface TenantQueue<J> {
  id: string;
  deficit: number;
  endpoints: Map<string, EndpointQueue<J>>;
  /** Endpoints that may have a job to give, in turn. */
  active: EndpointQueue<J>[];
  inRing: boolean;
}

/**
 * Deficit round robin over tenants (Shreedhar and Varghese 1995), plain round robin over the endpoints of each: a tenant with
 * a million jobs costs another one nothing but a turn. What cannot run at the moment leaves the ring, so a thousand blocked
 * endpoints cost nothing either; `activate` brings it back.
 */
export class FairQueue<J extends Queued> {
  private readonly tenants = new Map<string, TenantQueue<J>>();
  private readonly ring: TenantQueue<J>[] = [];
  size = 0;

  push(job: J): void {
    const tenant = this.tenant(job.tenantId);
    let endpoint = tenant.endpoints.get(job.endpointId);
    if (!endpoint) tenant.endpoints.set(job.endpointId, (endpoint = { id: job.endpointId, jobs: [], active: false }));
    endpoint.jobs.push(job);
    this.size++;
    this.wake(tenant, endpoint);
  }

  /** The next job whose endpoint may run one; an endpoint that may not is asked again only after `activate`. */
  take(mayRun: (tenantId: string, endpointId: string) => boolean): J | undefined {
    for (let tenant = this.ring[0]; tenant; tenant = this.ring[0]) {
      const endpoint = tenant.active[0];
      if (!endpoint) {
        this.ring.shift();
        tenant.inRing = false;
        tenant.deficit = 0;
        continue;
      }
      const job = endpoint.jobs[0];
      if (!job || !mayRun(tenant.id, endpoint.id)) {
        tenant.active.shift();
        endpoint.active = false;
        continue;
      }
      if (tenant.deficit < job.cost) {
        tenant.deficit += QUANTUM;
        this.ring.push(this.ring.shift()!);
        continue;
      }
      tenant.deficit -= job.cost;
      endpoint.jobs.shift();
      tenant.active.push(tenant.active.shift()!);
      this.size--;
      this.forgetEmpty(tenant, endpoint);
      return job;
    }
    return undefined;
  }

  /** Something changed: the endpoint, or all of the tenant's, may run again. */
  activate(tenantId: string, endpointId?: string): void {
    const tenant = this.tenants.get(tenantId);
    if (!tenant) return;
    const endpoints = endpointId === undefined ? tenant.endpoints.values() : [tenant.endpoints.get(endpointId)];
    for (const endpoint of endpoints) if (endpoint) this.wake(tenant, endpoint);
  }

  /** Removes and returns all jobs of an endpoint. */
  drain(tenantId: string, endpointId: string): J[] {
    const tenant = this.tenants.get(tenantId);
    const endpoint = tenant?.endpoints.get(endpointId);
    if (!tenant || !endpoint) return [];
    const jobs = endpoint.jobs.splice(0);
    this.size -= jobs.length;
    this.forgetEmpty(tenant, endpoint);
    return jobs;
  }

  private tenant(id: string): TenantQueue<J> {
    let tenant = this.tenants.get(id);
    if (!tenant) this.tenants.set(id, (tenant = { id, deficit: 0, endpoints: new Map(), active: [], inRing: false }));
    return tenant;
  }

  private wake(tenant: TenantQueue<J>, endpoint: EndpointQueue<J>): void {
    if (endpoint.jobs.length === 0) return;
    if (!endpoint.active) {
      endpoint.active = true;
      tenant.active.push(endpoint);
    }
    if (!tenant.inRing) {
      tenant.inRing = true;
      this.ring.push(tenant);
    }
  }

  private forgetEmpty(tenant: TenantQueue<J>, endpoint: EndpointQueue<J>): void {
    if (endpoint.jobs.length > 0) return;
    tenant.endpoints.delete(endpoint.id);
    if (endpoint.active) tenant.active.splice(tenant.active.indexOf(endpoint), 1);
    if (tenant.endpoints.size > 0) return;
    this.tenants.delete(tenant.id);
    if (tenant.inRing) this.ring.splice(this.ring.indexOf(tenant), 1);
  }
}
