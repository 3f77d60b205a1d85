import { CurrentPrincipal, etagOf, SignedIn, type Principal } from '@countersign/platform';
import { Body, Controller, Get, Headers, Patch, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers, MergePatch } from '../answers.js';
import { assertPerson, ReadMe, type Me } from './read-me.js';
import { UpdateUser } from './update-user.js';
import { dryRunQuerySchema, meSchema, patchMeSchema, type DryRunQuery } from './user.schema.js';

@ApiTags('My Workspace')
@SignedIn()
@Controller('v1/me')
export class MeController {
  constructor(
    private readonly readMe: ReadMe,
    private readonly updateUser: UpdateUser,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Read my own profile' })
  @Answers(200, 'The signed-in user', meSchema)
  async read(@CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<Me> {
    const me = await this.readMe.execute(principal);
    reply.header('etag', etagOf(me.version));
    return me;
  }

  @Patch()
  @ApiOperation({ summary: 'Change my own profile' })
  @MergePatch()
  @Answers(200, 'The signed-in user after the change', meSchema)
  async update(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: patchMeSchema }) patch: z.output<typeof patchMeSchema>,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Me> {
    assertPerson(principal);
    const { tenantId, userId } = principal;
    const user = await this.updateUser.execute({ tenantId, caller: principal, userId, patch, ifMatch, dryRun });
    const me = { ...(await this.readMe.execute(principal)), ...user };
    if (dryRun) return { ...me, dryRun };
    reply.header('etag', etagOf(user.version));
    return me;
  }
}
