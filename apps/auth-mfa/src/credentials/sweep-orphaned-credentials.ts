import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { FindUser } from '../directory/find-user.js';
import { CredentialRepository } from './credential.repository.js';

/** A user that user-lifecycle does not know so long after its credential was set will never come, in seconds. */
const ORPHANED_AFTER_SECONDS = 15 * 60;
const BATCH = 100;

/**
 * Deletes credentials whose create failed after they were set. The credential's own transaction may not have the last
 * word, so user-lifecycle is asked: only its 404 makes an orphan; while it does not answer nothing is deleted.
 */
@Injectable()
export class SweepOrphanedCredentials {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly credentials: CredentialRepository,
    private readonly directory: DirectoryRepository,
    private readonly findUser: FindUser,
  ) {}

  /** @returns how many were deleted. @throws DomainError 503 when user-lifecycle does not answer */
  async execute(): Promise<number> {
    const due = await this.uow.system('orphaned credentials', tx =>
      this.credentials.unconfirmedFor(tx, ORPHANED_AFTER_SECONDS, BATCH),
    );
    let deleted = 0;
    for (const { tenantId, userId } of due) {
      await this.findUser.execute(tenantId, userId);
      deleted += await this.uow.run(tenantId, async tx => {
        const user = await this.directory.findUser(tx, userId);
        if (user && user.status !== 'deleted') {
          await this.credentials.confirm(tx, [userId]);
          return 0;
        }
        const gone = await this.credentials.delete(tx, userId);
        if (gone)
          await recordAudit(this.outbox, tx, { action: 'credential.deleted', target: { type: 'user', id: userId } });
        return gone ? 1 : 0;
      });
    }
    return deleted;
  }
}
