import {
  TenantCreated,
  TenantDisabled,
  TenantSnapshot,
  type EventData,
  type EventEnvelope,
} from '@countersign/contracts';
import { Inbox } from '@countersign/messaging';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ApplyTenant } from './apply-tenant.js';

type TenantEvent = EventEnvelope<EventData<typeof TenantCreated>>;

const HANDLER = 'project-tenant';

/** Keeps auth-mfa's copy of the tenants. */
@Controller()
export class ProjectTenantConsumer {
  constructor(
    private readonly inbox: Inbox,
    private readonly applyTenant: ApplyTenant,
  ) {}

  @EventPattern<string>(TenantCreated.type, { handler: HANDLER })
  onCreated(@Payload() event: TenantEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(TenantDisabled.type, { handler: HANDLER })
  onDisabled(@Payload() event: TenantEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(TenantSnapshot.type, { handler: HANDLER })
  onSnapshot(@Payload() event: TenantEvent): Promise<void> {
    return this.apply(event);
  }

  private async apply(event: TenantEvent): Promise<void> {
    await this.inbox.once(HANDLER, event, tx => this.applyTenant.execute(tx, event.data));
  }
}
