import { GroupDeleted, type EventData, type EventEnvelope } from '@countersign/contracts';
import { retrySerialization, UnitOfWork } from '@countersign/persistence';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ReleaseMembers } from './release-members.js';

/** Releases the members of a large group that its deletion left. Safe to repeat: a released member is found no more. */
@Controller()
export class ReleaseMembersConsumer {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly releaseMembers: ReleaseMembers,
  ) {}

  @EventPattern<string>(GroupDeleted.type, { handler: 'release-members' })
  async onGroupDeleted(@Payload() event: EventEnvelope<EventData<typeof GroupDeleted>>): Promise<void> {
    const releaseBatch = () => this.uow.run(event.tenantId, tx => this.releaseMembers.execute(tx, event.subject));
    while (await retrySerialization(releaseBatch));
  }
}
