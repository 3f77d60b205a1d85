import type { Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import type { Endpoint } from './endpoint.js';
import { UpdateEndpoint } from './update-endpoint.js';
import { EndpointChanged } from './endpoint-changed.js';
import { UnitOfWork } from '@countersign/persistence';
import { BreakerRepository } from '../dispatch/breaker.repository.js';

@Injectable()
export class EnableEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly update: UpdateEndpoint,
    private readonly breakers: BreakerRepository,
    private readonly changed: EndpointChanged,
  ) {}

  /**
   * Switches an endpoint on, whoever switched it off, and closes its breaker, so that what waits is sent now.
   * @throws DomainError 404; 409 `hook_already_answered`
   */
  async execute(principal: Principal, id: string): Promise<Endpoint> {
    const endpoint = await this.update.execute(principal, id, { enabled: true });
    await this.uow.run(principal.tenantId, tx => this.breakers.close(tx, id));
    await this.changed.execute(endpoint, false);
    return endpoint;
  }
}
