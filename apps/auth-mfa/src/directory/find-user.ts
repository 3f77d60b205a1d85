import { userSchema } from '@countersign/contracts';
import { CLOCK, CONFIG, ServiceRuntime, type ServiceClient } from '@countersign/platform';
import { UnitOfWork } from '@countersign/persistence';
import type { Clock, TenantId } from '@countersign/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { AuthMfaConfig } from '../config.js';
import { DirectoryRepository, type KnownUser } from './directory.repository.js';

const DEADLINE_MS = 2_000;

/**
 * Finds a user here, else asks user-lifecycle and keeps the answer: an event may still be under way when the user already
 * logs in. An answer may tell of a change before its event does, so it only ever makes a user known: whatever follows from
 * a change (tokens voided, credentials erased) is drawn from the event. Must not be called while a transaction is open.
 */
@Injectable()
export class FindUser {
  private readonly userLifecycle: ServiceClient;

  constructor(
    @Inject(CONFIG) config: AuthMfaConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    runtime: ServiceRuntime,
    private readonly uow: UnitOfWork,
    private readonly directory: DirectoryRepository,
  ) {
    this.userLifecycle = runtime.client('user-lifecycle', config.USER_LIFECYCLE_URL);
  }

  /** @throws DomainError 503 `service_unavailable` when the user is not known here and user-lifecycle does not answer */
  async execute(tenantId: TenantId, userId: string): Promise<KnownUser | undefined> {
    const known = await this.uow.run(tenantId, tx => this.directory.findUser(tx, userId));
    return known ?? this.ask(tenantId, userId);
  }

  private async ask(tenantId: TenantId, userId: string): Promise<KnownUser | undefined> {
    const user = await this.userLifecycle.call({
      method: 'GET',
      path: `/internal/users/${encodeURIComponent(userId)}`,
      tenantId,
      deadlineMs: DEADLINE_MS,
      answer: userSchema,
      absentOn: [404],
    });
    if (!user || user.status === 'deleted') return undefined;
    return this.uow.run(tenantId, async tx => {
      await this.directory.addUsers(tx, [user], this.clock.now());
      return this.directory.findUser(tx, userId);
    });
  }
}
