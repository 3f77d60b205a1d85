import {
  UserCreated,
  UserDeleted,
  UserDisabled,
  UserEnabled,
  UserUpdated,
  type EventData,
  type User,
} from '@countersign/contracts';
import { Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';
import { auditAddition, recordAudit, type AuditFact } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { auditChanges, type UserDiff } from './user-diff.js';

type Secret = 'password' | 'securityQuestion';

/** What the audit row of a creation shows. */
const SHOWN = [
  'login', 'firstName', 'lastName', 'userType', 'country', 'email', 'mobile', 'manager', 'assignedGroups', 'attributes', 'roles', 'status',
] as const satisfies readonly (keyof User)[]; // prettier-ignore

/** Tells what became of a user: event and audit row, in the transaction of the change and under the user's row lock. */
@Injectable()
export class UserFacts {
  constructor(private readonly outbox: Outbox) {}

  async created(tx: TenantTransaction, user: User, secrets: readonly Secret[]): Promise<void> {
    const set = SHOWN.filter(name => user[name] !== null && user[name] !== undefined);
    const changes: AuditFact['changes'] = Object.fromEntries(set.map(name => [name, { after: user[name] }]));
    for (const name of secrets) changes[name] = {};
    const data: EventData<typeof UserCreated> = { user, aggregateVersion: user.version };
    await this.outbox.addMany(tx, [
      { tenantId: tx.tenantId, event: UserCreated, subject: user.id, data },
      auditAddition(tx, { action: 'user.created', target: { type: 'user', id: user.id }, changes }),
    ]);
  }

  /** `diff` is what changed from the version before to this one. */
  async changed(
    tx: TenantTransaction,
    user: User,
    diff: UserDiff,
    cause: 'update' | 'membership',
    secrets: readonly Secret[] = [],
  ): Promise<void> {
    const state = { user, aggregateVersion: user.version };
    const moved = diff['/status']?.after as User['status'] | undefined;
    const event = { active: UserEnabled, disabled: UserDisabled, deleted: UserDeleted, staged: undefined }[
      moved ?? 'staged'
    ];
    if (event) await this.outbox.add(tx, event, user.id, state);
    else await this.outbox.add(tx, UserUpdated, user.id, { ...state, changed: Object.keys(diff), cause });
    const changes = { ...auditChanges(diff), ...Object.fromEntries(secrets.map(name => [name, {}])) };
    await this.audit(tx, event?.type ?? UserUpdated.type, user, changes);
  }

  /** New security questions show in no event: nobody but this service may know of them. */
  async questionsChanged(tx: TenantTransaction, user: User): Promise<void> {
    await this.audit(tx, 'user.security_questions_changed', user, { securityQuestion: {} });
  }

  private audit(tx: TenantTransaction, action: string, user: User, changes: AuditFact['changes']): Promise<void> {
    return recordAudit(this.outbox, tx, { action, target: { type: 'user', id: user.id }, changes });
  }
}
