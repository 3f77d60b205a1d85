import {
  UserCreated,
  UserDeleted,
  UserDisabled,
  UserEnabled,
  UserSnapshot,
  UserUpdated,
  type EventEnvelope,
  type User,
} from '@countersign/contracts';
import { Inbox } from '@countersign/messaging';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ApplyUser } from './apply-user.js';

type UserEvent = EventEnvelope<{ user: User }>;

const HANDLER = 'project-user';

/** Keeps auth-mfa's copy of the users. Every event carries the whole user, so all of them are handled alike. */
@Controller()
export class ProjectUserConsumer {
  constructor(
    private readonly inbox: Inbox,
    private readonly applyUser: ApplyUser,
  ) {}

  @EventPattern<string>(UserCreated.type, { handler: HANDLER })
  onCreated(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(UserUpdated.type, { handler: HANDLER })
  onUpdated(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(UserDisabled.type, { handler: HANDLER })
  onDisabled(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(UserEnabled.type, { handler: HANDLER })
  onEnabled(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(UserDeleted.type, { handler: HANDLER })
  onDeleted(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  @EventPattern<string>(UserSnapshot.type, { handler: HANDLER })
  onSnapshot(@Payload() event: UserEvent): Promise<void> {
    return this.apply(event);
  }

  private async apply(event: UserEvent): Promise<void> {
    await this.inbox.once(HANDLER, event, tx => this.applyUser.execute(tx, event.data.user));
  }
}
