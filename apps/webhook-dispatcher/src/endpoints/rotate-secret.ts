import type { Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { newSigningSecret } from '../signing/standard-webhooks.js';
import { EndpointDirectory } from './endpoint-directory.js';
import { endpointNotFound, onlyPeople } from './endpoint.errors.js';
import { EndpointRepository } from './endpoint.repository.js';

/** How long replaced secrets go on signing, in milliseconds: a day to give the receiver the new one. */
const OVERLAP_MS = 86_400_000;

@Injectable()
export class RotateSecret {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: EndpointRepository,
    private readonly outbox: Outbox,
    private readonly directory: EndpointDirectory,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Until `previousValidUntil` every call is signed with both. @throws DomainError 403; 404 */
  async execute(principal: Principal, id: string): Promise<{ secret: string; previousValidUntil: Date }> {
    onlyPeople(principal, 'rotate a secret');
    const secret = newSigningSecret();
    const previousValidUntil = new Date(this.clock.now().getTime() + OVERLAP_MS);
    await this.uow.run(principal.tenantId, async tx => {
      if (!(await this.endpoints.find(tx, id, true))) throw endpointNotFound();
      await this.endpoints.retireSecrets(tx, id, previousValidUntil);
      await this.endpoints.addSecret(tx, id, secret);
      await this.endpoints.touch(tx, id);
      await recordAudit(this.outbox, tx, {
        action: 'webhook_endpoint.secret_rotated',
        target: { type: 'webhook_endpoint', id },
        changes: { secret: {} },
      });
    });
    this.directory.forget(id);
    return { secret, previousValidUntil };
  }
}
