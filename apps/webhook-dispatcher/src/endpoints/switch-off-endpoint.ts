import { EndpointDisabled } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { EndpointDirectory } from './endpoint-directory.js';
import { EndpointRepository } from './endpoint.repository.js';

export const RECEIVER_GONE = 'receiver_gone';

/** Switches an endpoint off because its receiver answered 410 Gone (Standard Webhooks). An administrator switches it on again. */
@Injectable()
export class SwitchOffEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly outbox: Outbox,
    private readonly directory: EndpointDirectory,
  ) {}

  /**
   * @param version of the endpoint that was called
   * @returns whether it is off; false when it was changed meanwhile and is on: the answer says nothing about it as it is now
   */
  async execute(tenantId: TenantId, endpointId: string, version: number): Promise<boolean> {
    const off = await this.uow.run(tenantId, async tx => {
      if (!(await this.endpoints.disable(tx, endpointId, RECEIVER_GONE, version)))
        return !(await this.endpoints.find(tx, endpointId))?.enabled;
      await this.outbox.add(tx, EndpointDisabled, endpointId, { endpointId, reason: 'the receiver answered 410 Gone' });
      await recordAudit(this.outbox, tx, {
        action: 'webhook_endpoint.disabled',
        target: { type: 'webhook_endpoint', id: endpointId },
        changes: { enabled: { before: true, after: false }, disabledReason: { before: null, after: RECEIVER_GONE } },
        actor: { type: 'system', id: 'webhook-dispatcher' },
      });
      return true;
    });
    this.directory.forget(endpointId);
    return off;
  }
}
