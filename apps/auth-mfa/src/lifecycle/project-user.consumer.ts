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
import { ApplyUsers } from './apply-users.js';

type UserEvent = EventEnvelope<{ user: User }>;

/** Keeps auth-mfa's copy of the users. Every event carries the whole user, so all of them are handled alike. */
@Controller()
export class ProjectUserConsumer {
  constructor(
    private readonly inbox: Inbox,
    private readonly applyUsers: ApplyUsers,
  ) {}

  @EventPattern<string[]>(
    [UserCreated, UserUpdated, UserDisabled, UserEnabled, UserDeleted, UserSnapshot].map(({ type }) => type),
    { handler: 'project-user', batch: true },
  )
  async onEvents(@Payload() events: UserEvent[]): Promise<void> {
    await this.inbox.onceByTenant('project-user', events, (tx, fresh) =>
      this.applyUsers.execute(
        tx,
        fresh.map(({ data }) => data.user),
      ),
    );
  }
}
