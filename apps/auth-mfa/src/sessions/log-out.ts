import { DomainError } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { EndSessions } from './end-sessions.js';

/** A person signs out: of this session, or of all of its sessions. */
@Injectable()
export class LogOut {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endSessions: EndSessions,
  ) {}

  /** @throws DomainError 403 `no_session` for a webhook endpoint or an API key */
  async execute({ tenantId, userId, sessionId, kind }: Principal, which: 'this' | 'all'): Promise<void> {
    if (kind !== 'user') {
      throw new DomainError(
        'no_session',
        'forbidden',
        'Only people have sessions; revoke the key or the endpoint instead',
      );
    }
    await this.uow.run(tenantId, tx =>
      which === 'this'
        ? this.endSessions.execute(tx, { userId, only: sessionId, reason: 'logout' })
        : this.endSessions.execute(tx, { userId, reason: 'logout_all' }),
    );
  }
}
