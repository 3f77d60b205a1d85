import type { User } from '@countersign/contracts';
import { notFound, type Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { diffUser } from '../users/user-diff.js';
import { UserFacts } from '../users/user-facts.js';
import { UserRepository } from '../users/user.repository.js';

/**
 * Writes what a change of membership at the group means for the user: a new version, its audit row and `user.updated` of
 * cause `membership`. Nobody is asked. The group must be locked before.
 */
@Injectable()
export class ChangeMembership {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly users: UserRepository,
    private readonly facts: UserFacts,
  ) {}

  /** @throws DomainError 404 for a user that is not there or deleted */
  async lockMember(tx: TenantTransaction, userId: string): Promise<User> {
    const user = await this.users.lock(tx, userId);
    if (!user || user.status === 'deleted') throw notFound('user');
    return user;
  }

  async write(tx: TenantTransaction, before: User, assignedGroups: string[]): Promise<void> {
    const after: User = {
      ...before,
      assignedGroups,
      version: before.version + 1,
      updatedAt: this.clock.now().toISOString(),
    };
    await this.users.save(tx, before, after);
    await this.facts.changed(tx, after, diffUser(before, after), 'membership');
  }
}
