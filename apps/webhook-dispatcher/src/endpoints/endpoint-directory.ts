import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import type { Endpoint } from './endpoint.js';
import { EndpointRepository } from './endpoint.repository.js';

interface Kept {
  tenantId: TenantId;
  loading: Promise<Endpoint | undefined>;
  version?: number;
  usedAt: number;
}

const KEEP_MS = 300_000;

/**
 * Endpoints as requests are made with them, secrets open, in memory. A change made by this replica is seen at once, by others
 * within a second (`refresh`); who knows the version that it needs gets at least that one.
 */
@Injectable()
export class EndpointDirectory {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly breakers: BreakerRepository,
    private readonly gates: EndpointGates,
  ) {}

  /** @param version the least version that will do */
  async get(tenantId: TenantId, id: string, version = 0): Promise<Endpoint | undefined> {
    const known = this.kept.get(id);
    if (known) {
      known.usedAt = Date.now();
      const endpoint = await known.loading;
      if (endpoint && endpoint.version >= version) return endpoint;
      if (endpoint === undefined && version === 0) return undefined;
      if (this.kept.get(id) === known) this.kept.delete(id);
    }
    return this.kept.get(id)?.loading ?? this.load(tenantId, id);
  }

  forget(id: string): void {
    this.kept.delete(id);
  }

  /** Drops what others have changed since, and takes over their breakers. To be called every second. */
  async refresh(): Promise<void> {
    const now = Date.now();
    for (const [id, { usedAt }] of this.kept) {
      if (now - usedAt < KEEP_MS) continue;
      this.kept.delete(id);
      this.gates.forget(id);
    }
    if (this.kept.size === 0) return;
    const asked = [...this.kept].map(([id, { tenantId }]) => ({ id, tenantId }));
    const readAt = performance.now();
    const present = await this.uow.system('refresh endpoints', tx => this.breakers.readVersions(tx, asked));
    for (const { id } of asked) {
      const found = present.get(id);
      const known = this.kept.get(id);
      if (known?.version !== undefined && known.version < (found?.version ?? Infinity)) this.kept.delete(id);
      if (found) this.gates.restore(id, found.breaker, readAt);
    }
  }

  private load(tenantId: TenantId, id: string): Promise<Endpoint | undefined> {
    const readAt = performance.now();
    const loading = this.uow.run(tenantId, async tx => {
      const endpoint = await this.endpoints.find(tx, id);
      if (endpoint) this.gates.configure(endpoint, (await this.breakers.find(tx, [id])).get(id), readAt);
      return endpoint;
    });
    const kept: Kept = { tenantId, loading, usedAt: Date.now() };
    this.kept.set(id, kept);
    loading.then(
      endpoint => {
        kept.version = endpoint?.version ?? 0;
        // Who asks for one that is not there asks the database again.
        if (!endpoint && this.kept.get(id) === kept) this.kept.delete(id);
      },
      () => {
        if (this.kept.get(id) === kept) this.kept.delete(id);
      },
    );
    return loading;
  }
}
