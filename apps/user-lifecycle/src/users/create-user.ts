import type { User } from '@countersign/contracts';
import { DomainError, newId, type Clock, type Id, type TenantId } from '@countersign/kernel';
import { retrySerialization, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { GroupRepository } from '../groups/group.repository.js';
import { HookChain } from '../hooks/hook-chain.js';
import { InFlightLimit } from '../hooks/in-flight-limit.js';
import { applyHookAnswer } from './apply-hook-answer.js';
import { catalogChanged, unknownGroups, validationFailed, type CheckedUser } from './check-user.js';
import { CredentialClient } from './credential-client.js';
import { ReserveValues, type Reservation } from './reserve-values.js';
import { SecurityQuestions } from './security-questions.js';
import { UserFacts } from './user-facts.js';
import { newUser } from './user-state.js';
import type { CreateUserBody } from './user.schema.js';
import { UserRepository } from './user.repository.js';

export interface CreateUserCommand {
  tenantId: TenantId;
  body: CreateUserBody;
  dryRun: boolean;
  /** Of a creation that is repeated after a crash: the id and the reservation (UUID) that the first try had. */
  identity?: { userId: Id<'usr'>; reservation: string };
  /** What happens with the creation or not at all: runs in its transaction, more than once if that is repeated. */
  alongside?: (tx: TenantTransaction) => Promise<void>;
}

/**
 * Creates a user in the order that is fixed: checks and reservation, validateUser, preCreateUser, first credential,
 * one commit of user, audit row and event. Nothing is locked while the tenant or a service is asked; what fails on the way
 * leaves nothing but a reservation, which is given up or ends with its lease.
 */
@Injectable()
export class CreateUser {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly reserveValues: ReserveValues,
    private readonly hooks: HookChain,
    private readonly limit: InFlightLimit,
    private readonly credentials: CredentialClient,
    private readonly questions: SecurityQuestions,
    private readonly users: UserRepository,
    private readonly groups: GroupRepository,
    private readonly catalogs: AttributeCatalogRepository,
    private readonly facts: UserFacts,
  ) {}

  /**
   * @returns the user as it was created, or as it would have been
   * @throws DomainError 409 `login_in_use`, `value_in_use`; 422 `validation_failed`, `hook_refused`, `hook_answer_invalid`;
   * 503 `hook_unavailable`, `overloaded`
   */
  execute(command: CreateUserCommand): Promise<User> {
    const { tenantId, body, dryRun, identity } = command;
    if (body.invite) {
      const message = 'Invitations are not sent yet; leave invite out and give a one-time password, or reset it later';
      const errors = [{ pointer: '/invite', code: 'invitations_unavailable', message }];
      throw new DomainError('invitations_unavailable', 'invalid', message, { errors });
    }
    const draft = newUser(identity?.userId ?? newId('usr'), body.login, body, this.clock.now());
    return this.limit.run(tenantId, async () => {
      if (body.password !== undefined) await this.credentials.checkPassword(tenantId, draft.login, body.password);
      const reservation = this.reserveValues.begin(tenantId, draft.id, dryRun, identity?.reservation);
      try {
        return await this.create(reservation, draft, command);
      } catch (error) {
        await this.reserveValues.release(reservation);
        throw error;
      }
    });
  }

  private async create(reservation: Reservation, draft: User, command: CreateUserCommand): Promise<User> {
    const { tenantId, body, dryRun } = command;
    let checked = await this.reserveValues.execute(reservation, draft);
    const { candidate, untaken } = await this.hooks.consult({
      tenantId,
      hooks: ['validateUser', 'preCreateUser'],
      candidate: draft,
      exists: false,
      dryRun,
      apply: async (user, changes) => {
        const answered = applyHookAnswer(user, changes);
        checked = await this.reserveValues.execute(reservation, answered);
        return answered;
      },
    });
    if (dryRun) return candidate;
    if (!untaken.includes('preCreateUser'))
      await this.hooks.announce(tenantId, 'preCreateUser', candidate, false, true);
    const secrets = await this.questions.hash(body.securityQuestion);
    if (body.password !== undefined) {
      await this.credentials.setFirst(tenantId, candidate.id, {
        login: candidate.login,
        password: body.password,
        oneTime: true,
      });
    }
    return this.commit(reservation, candidate, checked, command, secrets);
  }

  private async commit(
    reservation: Reservation,
    candidate: User,
    checked: CheckedUser,
    { body, alongside }: CreateUserCommand,
    secrets: Awaited<ReturnType<SecurityQuestions['hash']>>,
  ): Promise<User> {
    const now = this.clock.now().toISOString();
    const user: User = { ...candidate, createdAt: now, updatedAt: now };
    const hasQuestions = secrets !== null && Object.keys(secrets).length > 0;
    await retrySerialization(() =>
      this.uow.run(reservation.tenantId, async tx => {
        const catalog = await this.catalogs.lockShared(tx);
        if (catalog.version !== checked.catalogVersion) throw catalogChanged();
        const found = await this.groups.lockShared(tx, user.assignedGroups);
        const missing = user.assignedGroups.filter(id => !found.includes(id));
        if (missing.length > 0) throw validationFailed(unknownGroups(user, missing));
        await this.reserveValues.confirm(tx, reservation, checked);
        await this.users.insert(tx, user);
        if (hasQuestions) await this.questions.save(tx, user.id, secrets);
        await this.facts.created(tx, user, [
          ...(body.password === undefined ? [] : (['password'] as const)),
          ...(hasQuestions ? (['securityQuestion'] as const) : []),
        ]);
        await alongside?.(tx);
      }),
    );
    return user;
  }
}
