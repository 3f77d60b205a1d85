import type { User } from '@countersign/contracts';
import { DomainError, notFound, type Clock, type TenantId } from '@countersign/kernel';
import { retrySerialization, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { checkIfMatch, CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { GroupRepository } from '../groups/group.repository.js';
import { TenantRepository } from '../tenants/tenant.repository.js';
import { catalogChanged, managerCycle, unknownGroups, validationFailed, type CheckedUser } from './check-user.js';
import { ReservationsRepository } from './reservations.repository.js';
import { ReserveValues, type Reservation } from './reserve-values.js';
import { SecurityQuestions, type HashedQuestions } from './security-questions.js';
import { asksTenant, diffUser, isEmpty } from './user-diff.js';
import { UserFacts } from './user-facts.js';
import { isActiveAdmin, userDeleted } from './user-state.js';
import { UserRepository } from './user.repository.js';

export interface UserCommit {
  reservation: Reservation;
  /** The state that was checked and asked about. */
  before: User;
  candidate: User;
  checked: CheckedUser;
  questions?: HashedQuestions;
  /** Makes the candidate of a newer state, where the change may be made to that as well. */
  rebase?: (user: User) => User;
  ifMatch?: string;
  /** Runs in the transaction, after everything else in it. */
  alongside?: (tx: TenantTransaction) => Promise<void>;
}

/**
 * The one commit of a change: user, memberships, unique values, audit row and event. What must hold across users (no circle
 * of managers, one administrator left) is checked under the tenant's lock, so that no two changes break it together.
 * Lock order: tenant, catalogue, groups, users.
 */
@Injectable()
export class CommitChange {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly catalogs: AttributeCatalogRepository,
    private readonly groups: GroupRepository,
    private readonly users: UserRepository,
    private readonly reservations: ReservationsRepository,
    private readonly reserveValues: ReserveValues,
    private readonly questions: SecurityQuestions,
    private readonly facts: UserFacts,
  ) {}

  /** @returns the user in its new version; undefined when it changed since `before` */
  execute(commit: UserCommit): Promise<User | undefined> {
    return retrySerialization(() => this.uow.run(commit.reservation.tenantId, tx => this.write(tx, commit)));
  }

  /** Before anything is announced; the commit checks it again under the lock. @throws DomainError 409 `last_org_admin` */
  async assertAdminRemains(tenantId: TenantId, before: User, after: User): Promise<void> {
    if (removesAdmin(before, after)) await this.uow.run(tenantId, tx => this.checkAdminRemains(tx, before));
  }

  /** Keeps new security questions of a user that otherwise stays as it is. */
  keepQuestions(
    tenantId: TenantId,
    userId: string,
    questions: HashedQuestions,
    { ifMatch, alongside }: Pick<UserCommit, 'ifMatch' | 'alongside'>,
  ): Promise<User> {
    return this.uow.run(tenantId, async tx => {
      const user = await this.users.lock(tx, userId);
      if (!user) throw notFound('user');
      if (user.status === 'deleted') throw userDeleted();
      checkIfMatch(ifMatch, user.version);
      await this.questions.save(tx, userId, questions);
      await this.facts.questionsChanged(tx, user);
      await alongside?.(tx);
      return user;
    });
  }

  private async write(tx: TenantTransaction, commit: UserCommit): Promise<User | undefined> {
    const { reservation, before, checked, rebase, questions } = commit;
    const managerChanges = commit.candidate.manager !== before.manager && Boolean(commit.candidate.manager);
    if (managerChanges || rebase || removesAdmin(before, commit.candidate)) await this.tenants.lock(tx);
    await this.holdCatalog(tx, commit);
    await this.holdGroups(tx, before, commit.candidate);
    const current = await this.users.lock(tx, before.id);
    if (!current) throw notFound('user');
    const candidate = this.onto(current, commit);
    if (!candidate) return undefined;
    const diff = diffUser(current, candidate);
    if (isEmpty(diff)) return current;
    if (managerChanges && (await this.users.isAbove(tx, current.id, candidate.manager!)))
      throw validationFailed([managerCycle()]);
    if (removesAdmin(current, candidate)) await this.checkAdminRemains(tx, current);

    const after: User = { ...candidate, version: current.version + 1, updatedAt: this.clock.now().toISOString() };
    await this.reserveValues.confirm(tx, reservation, checked);
    await this.users.save(tx, current, after);
    if (after.status === 'deleted') {
      await this.reservations.freeAll(tx, after.id);
      await this.questions.remove(tx, after.id);
    } else if (questions !== undefined) await this.questions.save(tx, after.id, questions);
    await this.facts.changed(tx, after, diff, 'update', questions === undefined ? [] : ['securityQuestion']);
    await commit.alongside?.(tx);
    return after;
  }

  /** The candidate for the state under the lock; undefined when that is another one and the change cannot be made to it. */
  private onto(current: User, { before, candidate, rebase, ifMatch }: UserCommit): User | undefined {
    checkIfMatch(ifMatch, current.version);
    // A deleted group is out of the user at once, in a new version only when its members are released.
    if (current.version === before.version && isEmpty(diffUser(before, current))) return candidate;
    const rebased = rebase?.(current);
    return rebased && !asksTenant(diffUser(current, rebased)) ? rebased : undefined;
  }

  /** Values are written under the rules they were checked by; those of a user that goes are not made unique meanwhile. */
  private async holdCatalog(tx: TenantTransaction, { before, candidate, checked }: UserCommit): Promise<void> {
    const writes = JSON.stringify(candidate.attributes) !== JSON.stringify(before.attributes);
    if (!writes && candidate.status !== 'deleted') return;
    const catalog = await this.catalogs.lockShared(tx);
    if (writes && catalog.version !== checked.catalogVersion) throw catalogChanged();
  }

  private async holdGroups(tx: TenantTransaction, before: User, candidate: User): Promise<void> {
    const added = candidate.assignedGroups.filter(id => !before.assignedGroups.includes(id));
    const found = await this.groups.lockShared(tx, added);
    const missing = added.filter(id => !found.includes(id));
    if (missing.length > 0) throw validationFailed(unknownGroups(candidate, missing));
  }

  private async checkAdminRemains(tx: TenantTransaction, user: User): Promise<void> {
    if (await this.users.hasOtherAdmin(tx, user.id)) return;
    const message = 'This is the last active ORG_ADMIN of the tenant; make another one first';
    throw new DomainError('last_org_admin', 'conflict', message);
  }
}

function removesAdmin(before: User, after: User): boolean {
  return isActiveAdmin(before) && !isActiveAdmin(after);
}
