import type { User } from '@countersign/contracts';
import { DomainError, notFound, type TenantId } from '@countersign/kernel';
import { retrySerialization, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { checkIfMatch } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { HookChain, type HookChanges } from '../hooks/hook-chain.js';
import { InFlightLimit } from '../hooks/in-flight-limit.js';
import { applyHookAnswer } from './apply-hook-answer.js';
import type { CheckedUser } from './check-user.js';
import { CommitChange } from './commit-change.js';
import { ReserveValues, type Reservation } from './reserve-values.js';
import { SecurityQuestions, type HashedQuestions, type QuestionChanges } from './security-questions.js';
import { asksTenant, diffUser, isEmpty, type UserDiff } from './user-diff.js';
import { UserRepository } from './user.repository.js';

const MAX_ATTEMPTS = 3;

export interface ChangeUserCommand {
  tenantId: TenantId;
  userId: string;
  /** The state that the caller wants, made of the state that is. Called again when the user has changed meanwhile. */
  change: (user: User) => User;
  securityQuestion?: QuestionChanges;
  ifMatch?: string;
  dryRun: boolean;
  /** Of a change that is repeated after a crash: the reservation (UUID) that the first try had. */
  reservation?: string;
  /**
   * What happens with the change or not at all: runs in its transaction, more than once if that is repeated, and never
   * where nothing is changed.
   */
  alongside?: (tx: TenantTransaction) => Promise<void>;
}

/** What was asked and announced for one change; good for the same change of a newer version too. */
interface Asked {
  diff: string;
  taken: HookChanges[];
  untaken: string[];
  announced?: string;
}

/**
 * Changes a user in the order that is fixed: diff, validateUpdateUser, preUpdateUser, commit with version check. No real
 * change asks nothing and tells nobody. A user that changed meanwhile is read again, at most three times; the tenant is not
 * asked twice for the same change.
 */
@Injectable()
export class ChangeUser {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reserveValues: ReserveValues,
    private readonly hooks: HookChain,
    private readonly limit: InFlightLimit,
    private readonly questions: SecurityQuestions,
    private readonly users: UserRepository,
    private readonly commitChange: CommitChange,
  ) {}

  /**
   * @returns the user after the change, or as it would be
   * @throws DomainError 404; 409 `user_deleted`, `last_org_admin`, `value_in_use`, `concurrent_change`; 412 `stale_version`;
   * 422 `validation_failed`, `hook_refused`, `hook_answer_invalid`; 503 `hook_unavailable`, `overloaded`
   */
  async execute(command: ChangeUserCommand): Promise<User> {
    const first = await this.read(command);
    const questions =
      command.securityQuestion === undefined ? undefined : await this.questions.hash(command.securityQuestion);
    const diff = diffUser(first, command.change(first));
    if (isEmpty(diff)) return this.keepQuestions(command, first, questions);
    const attempts = () => this.attemptThrice(command, first, questions);
    // Shutting an account does not wait in the line of those that a slow receiver holds up.
    return asksTenant(diff) ? this.limit.run(command.tenantId, attempts) : attempts();
  }

  private async attemptThrice(
    command: ChangeUserCommand,
    first: User,
    questions: HashedQuestions | undefined,
  ): Promise<User> {
    const asked: Asked = { diff: '', taken: [], untaken: [] };
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const before = attempt === 1 ? first : await this.read(command);
      const reservation = this.reserveValues.begin(
        command.tenantId,
        command.userId,
        command.dryRun,
        command.reservation,
      );
      let done: User | undefined;
      try {
        done = await this.attempt(command, reservation, before, asked, questions);
      } catch (error) {
        await this.reserveValues.release(reservation);
        throw error;
      }
      if (done) return done;
      await this.reserveValues.release(reservation);
    }
    throw new DomainError(
      'concurrent_change',
      'conflict',
      'Others change this user at the same time; repeat the request',
      { retryAfter: 1 },
    );
  }

  /** The user after the change; undefined when it changed meanwhile. */
  private async attempt(
    command: ChangeUserCommand,
    reservation: Reservation,
    before: User,
    asked: Asked,
    questions: HashedQuestions | undefined,
  ): Promise<User | undefined> {
    const wanted = command.change(before);
    const diff = diffUser(before, wanted);
    if (isEmpty(diff)) return this.keepQuestions(command, before, questions);
    const check = (candidate: User) => this.reserveValues.execute(reservation, candidate, before);
    let checked = await check(wanted);
    await this.commitChange.assertAdminRemains(command.tenantId, before, wanted);
    let candidate = wanted;
    const asks = asksTenant(diff);
    if (asks) [candidate, checked] = await this.ask(command, reservation, before, wanted, diff, asked, checked);
    if (isEmpty(diffUser(before, candidate))) {
      await this.reserveValues.release(reservation);
      return this.keepQuestions(command, before, questions);
    }
    if (command.dryRun) return candidate;
    await this.announce(command, before, candidate, asks, asked);
    return this.commitChange.execute({
      reservation,
      before,
      candidate,
      checked,
      questions,
      // What only takes away is right for every newer state too: it does not lose against an unrelated change.
      rebase: asks ? undefined : command.change,
      ifMatch: command.ifMatch,
      alongside: command.alongside,
    });
  }

  private async ask(
    command: ChangeUserCommand,
    reservation: Reservation,
    before: User,
    wanted: User,
    diff: UserDiff,
    asked: Asked,
    checkedFirst: CheckedUser,
  ): Promise<[User, CheckedUser]> {
    let checked = checkedFirst;
    const apply = async (candidate: User, changes: HookChanges) => {
      const answered = applyHookAnswer(candidate, changes);
      checked = await this.reserveValues.execute(reservation, answered, before);
      return answered;
    };
    const question = JSON.stringify(diff);
    let candidate = wanted;
    if (asked.diff === question) {
      for (const changes of asked.taken) candidate = await apply(candidate, changes);
      return [candidate, checked];
    }
    const consulted = await this.hooks.consult({
      tenantId: command.tenantId,
      hooks: ['validateUpdateUser', 'preUpdateUser'],
      candidate,
      exists: true,
      dryRun: command.dryRun,
      apply,
    });
    Object.assign(asked, { diff: question, taken: consulted.taken, untaken: consulted.untaken });
    return [consulted.candidate, checked];
  }

  private async announce(
    { tenantId }: ChangeUserCommand,
    before: User,
    candidate: User,
    asks: boolean,
    asked: Asked,
  ): Promise<void> {
    const announcement = JSON.stringify(diffUser(before, candidate));
    if (asked.announced === announcement || asked.untaken.includes('preUpdateUser')) return;
    await this.hooks.announce(tenantId, 'preUpdateUser', candidate, true, asks);
    asked.announced = announcement;
  }

  private async read({ tenantId, userId, ifMatch }: ChangeUserCommand): Promise<User> {
    const user = await this.uow.run(tenantId, tx => this.users.find(tx, userId));
    if (!user) throw notFound('user');
    checkIfMatch(ifMatch, user.version);
    return user;
  }

  /** Nothing of the user object changes: no hook, no event, no new version. New security questions are kept and audited. */
  private async keepQuestions(
    { tenantId, dryRun, ifMatch, alongside }: ChangeUserCommand,
    user: User,
    questions: HashedQuestions | undefined,
  ): Promise<User> {
    const unchanged = questions === undefined || (questions !== null && Object.keys(questions).length === 0);
    if (dryRun || unchanged) return user;
    return retrySerialization(() =>
      this.commitChange.keepQuestions(tenantId, user.id, questions, { ifMatch, alongside }),
    );
  }
}
