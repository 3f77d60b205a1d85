import { Injectable, Logger } from '@nestjs/common';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import { EndpointDirectory } from './endpoint-directory.js';
import { SyncPrincipal } from './sync-principal.js';
import type { Endpoint } from './endpoint.js';

/** What follows the commit of a change: this replica uses it at once, waiting deliveries are tried again. */
@Injectable()
export class EndpointChanged {
  private readonly logger = new Logger(EndpointChanged.name);

  constructor(
    private readonly directory: EndpointDirectory,
    private readonly gates: EndpointGates,
    private readonly dispatcher: Dispatcher,
    private readonly sync: SyncPrincipal,
  ) {}

  /** @param principalChanged auth-mfa must learn the new roles; should it be away, that is repeated until it has */
  async execute({ tenantId, id }: Pick<Endpoint, 'tenantId' | 'id'>, principalChanged: boolean): Promise<void> {
    this.directory.forget(id);
    this.gates.reset(id);
    this.dispatcher.wakeUp();
    if (!principalChanged) return;
    try {
      await this.sync.execute(tenantId, id);
    } catch (error) {
      this.logger.warn(
        `auth-mfa has not learned of the change of ${id} yet: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
