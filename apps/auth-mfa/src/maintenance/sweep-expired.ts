import type { Clock } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { LoginBackOffRepository } from '../back-off/login-back-off.repository.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { LoginTransactionRepository } from '../logins/login-transaction.repository.js';
import { RevocationRepository } from '../revocations/revocation.repository.js';
import { SessionRepository } from '../sessions/session.repository.js';

/** Finished logins and sessions stay so long, for those who look into an incident, in seconds. */
const KEEP_SECONDS = 7 * 86_400;
const BATCH = 500;

/** Deletes what has expired and no rule needs any more, in small transactions. */
@Injectable()
export class SweepExpired {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly directory: DirectoryRepository,
    private readonly revocations: RevocationRepository,
    private readonly backOff: LoginBackOffRepository,
    private readonly logins: LoginTransactionRepository,
    private readonly sessions: SessionRepository,
  ) {}

  async execute(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - KEEP_SECONDS * 1000);
    await this.uow.system('sweep revocations', tx => this.revocations.deleteExpired(tx, now));
    await this.uow.system('sweep back-off', tx => this.backOff.deleteStale(tx, now));
    const tenants = await this.uow.system('sweep tenants', tx => this.directory.allTenants(tx));
    for (const tenantId of tenants) {
      await untilFew(() => this.uow.run(tenantId, tx => this.logins.deleteExpired(tx, before, BATCH)));
      await untilFew(() => this.uow.run(tenantId, tx => this.sessions.deleteExpired(tx, before, BATCH)));
    }
  }
}

async function untilFew(deleteBatch: () => Promise<number>): Promise<void> {
  while ((await deleteBatch()) === BATCH);
}
