import type { Clock } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, cursorTimeSchema, decodeCursor, toPage, type Page, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { SessionRepository } from './session.repository.js';
import type { SessionView } from './sessions.schema.js';

const cursorSchema = z.object({ createdAt: cursorTimeSchema, id: z.string() });

/** Where the caller is signed in. */
@Injectable()
export class ListSessions {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
  ) {}

  async execute(principal: Principal, limit: number, cursor: string | undefined): Promise<Page<SessionView>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema);
    const rows = await this.uow.run(principal.tenantId, tx =>
      this.sessions.listLive(tx, principal.userId, after, limit + 1, this.clock.now()),
    );
    return toPage(
      rows,
      limit,
      ({ id, createdAt, lastUsedAt, expiresAt, clientIp, userAgent, amr, acr }) => ({
        id,
        createdAt: createdAt.toISOString(),
        lastUsedAt: lastUsedAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        clientIp,
        userAgent,
        amr,
        acr,
        current: id === principal.sessionId,
      }),
      ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }),
    );
  }
}
