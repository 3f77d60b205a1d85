import type { User } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { CredentialRepository } from '../credentials/credential.repository.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { EndSessions } from '../sessions/end-sessions.js';
import { consequenceOf } from './consequences.js';

/** Takes over a user's state and draws the consequences for its tokens, sessions and credentials; late states change nothing. */
@Injectable()
export class ApplyUser {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly directory: DirectoryRepository,
    private readonly credentials: CredentialRepository,
    private readonly revokeTokens: RevokeTokens,
    private readonly endSessions: EndSessions,
  ) {}

  async execute(tx: TenantTransaction, user: User): Promise<void> {
    const { before, applied } = await this.directory.saveUser(tx, user, this.clock.now());
    await this.credentials.confirm(tx, user.id);
    if (!applied) return;
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
