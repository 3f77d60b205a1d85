import type { User } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CredentialRepository } from '../credentials/credential.repository.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { EndSessions } from '../sessions/end-sessions.js';
import { consequenceOf, type Standing } from './consequences.js';

/** Takes over users' states and draws the consequences for their tokens, sessions and credentials; late states change nothing. */
@Injectable()
export class ApplyUsers {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly directory: DirectoryRepository,
    private readonly credentials: CredentialRepository,
    private readonly revokeTokens: RevokeTokens,
    private readonly endSessions: EndSessions,
  ) {}

  /** @param users of the transaction's tenant; several states of one user in their order */
  async execute(tx: TenantTransaction, users: readonly User[]): Promise<void> {
    const now = this.clock.now();
    // Most are new: one statement does for them.
    const fresh = users.filter(user => user.version === 1);
    const added = await this.directory.addUsers(tx, fresh, now);
    await this.credentials.confirm(
      tx,
      users.map(user => user.id),
    );
    for (const user of users) {
      if (user.version === 1 && added.has(user.id)) await this.draw(tx, undefined, user);
      else {
        const { before, applied } = await this.directory.saveUser(tx, user, now);
        if (applied) await this.draw(tx, before, user);
      }
    }
  }

  private async draw(tx: TenantTransaction, before: Standing | undefined, user: User): Promise<void> {
    const { id: userId, status } = user;
    switch (consequenceOf(before, user)) {
      case 'none':
        return;
      case 'stale':
        return this.revokeTokens.execute(tx, { kind: 'user', subjects: [userId], code: 'token_stale' });
      case 'end':
      case 'erase':
        await this.revokeTokens.execute(tx, { kind: 'user', subjects: [userId] });
        await this.endSessions.execute(tx, {
          userId,
          reason: status === 'deleted' ? 'user_deleted' : 'user_disabled',
        });
        if (status === 'deleted') await this.credentials.delete(tx, userId);
    }
  }
}
