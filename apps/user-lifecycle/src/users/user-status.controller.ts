import { CurrentPrincipal, Roles, type Principal } from '@countersign/platform';
import { Controller, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Answers, Conditional } from '../answers.js';
import { DisableUser } from './disable-user.js';
import { EnableUser } from './enable-user.js';
import { showUser, type ShownUser } from './show-user.js';
import { dryRunQuerySchema, userAnswerSchema, userIdSchema, type DryRunQuery } from './user.schema.js';

@ApiTags('Users')
@Roles('ORG_ADMIN', 'HELPDESK')
@Controller('v1/users/:id')
export class UserStatusController {
  constructor(
    private readonly disableUser: DisableUser,
    private readonly enableUser: EnableUser,
  ) {}

  @Post('disable')
  @ApiOperation({ summary: 'Disable a user' })
  @Conditional()
  @Answers(200, 'The user, disabled: its tokens are void, it cannot log in', userAnswerSchema)
  async disable(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: userIdSchema }) userId: string,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser> {
    const command = { tenantId: caller.tenantId, caller, userId, ifMatch, dryRun };
    return showUser(reply, await this.disableUser.execute(command), dryRun);
  }

  @Post('enable')
  @ApiOperation({ summary: 'Enable a user' })
  @Conditional()
  @Answers(200, 'The user, active', userAnswerSchema)
  async enable(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: userIdSchema }) userId: string,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser> {
    const command = { tenantId: caller.tenantId, caller, userId, ifMatch, dryRun };
    return showUser(reply, await this.enableUser.execute(command), dryRun);
  }
}
