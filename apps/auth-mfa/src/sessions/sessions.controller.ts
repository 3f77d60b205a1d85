import { notFound } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CurrentPrincipal, listQuerySchema, SignedIn, type Principal } from '@countersign/platform';
import { Controller, Delete, Get, HttpCode, Param, Query, SerializeOptions } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { EndSessions } from './end-sessions.js';
import { ListSessions } from './list-sessions.js';
import { sessionIdSchema, sessionPageSchema } from './sessions.schema.js';

@ApiTags('My Workspace')
@ApiBearerAuth()
@Controller('v1/me/sessions')
@SignedIn()
export class SessionsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly listSessions: ListSessions,
    private readonly endSessions: EndSessions,
  ) {}

  @ApiOperation({ summary: 'Where the caller is signed in, the youngest session first' })
  @Get()
  @ApiOkResponse({ standardSchema: sessionPageSchema })
  @SerializeOptions({ schema: sessionPageSchema })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuerySchema }) query: z.output<typeof listQuerySchema>,
  ) {
    return this.listSessions.execute(principal, query.limit, query.cursor);
  }

  @ApiOperation({ summary: "Ends one of the caller's sessions" })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async end(
    @CurrentPrincipal() { tenantId, userId }: Principal,
    @Param('id', { schema: sessionIdSchema }) only: string,
  ): Promise<void> {
    const ended = await this.uow.run(tenantId, tx =>
      this.endSessions.execute(tx, { userId, only, reason: 'ended_by_user' }),
    );
    if (ended.length === 0) throw notFound('session');
  }
}
