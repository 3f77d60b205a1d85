import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { TenantId } from '@countersign/kernel';
import type { BreakerState } from '../dispatch/breaker.js';
import { BreakerRepository } from '../dispatch/breaker.repository.js';
import { endpointNotFound } from './endpoint.errors.js';
import { EndpointRepository } from './endpoint.repository.js';
import type { Endpoint } from './endpoint.js';

export interface EndpointView {
  endpoint: Endpoint;
  breaker?: BreakerState;
}

@Injectable()
export class ReadEndpoints {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly breakers: BreakerRepository,
  ) {}

  /** @throws DomainError 404 */
  async one(tenantId: TenantId, id: string): Promise<EndpointView> {
    const [view] = await this.read(tenantId, async tx => {
      const endpoint = await this.endpoints.find(tx, id);
      return endpoint ? [endpoint] : [];
    });
    if (!view) throw endpointNotFound();
    return view;
  }

  /** Oldest first; one more than the limit, so that the caller sees whether there is a next page. */
  page(tenantId: TenantId, limit: number, after: string | undefined): Promise<EndpointView[]> {
    return this.read(tenantId, tx => this.endpoints.list(tx, limit, after));
  }

  private read(
    tenantId: TenantId,
    find: (tx: Parameters<EndpointRepository['list']>[0]) => Promise<Endpoint[]>,
  ): Promise<EndpointView[]> {
    return this.uow.run(tenantId, async tx => {
      const endpoints = await find(tx);
      const breakers = await this.breakers.find(
        tx,
        endpoints.map(({ id }) => id),
      );
      return endpoints.map(endpoint => ({ endpoint, breaker: breakers.get(endpoint.id) }));
    });
  }
}
