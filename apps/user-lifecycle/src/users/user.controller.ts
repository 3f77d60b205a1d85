import type { User } from '@countersign/contracts';
import { CurrentPrincipal, Roles, type Page, type Principal } from '@countersign/platform';
import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers, Conditional, DryRunAnswers, MergePatch } from '../answers.js';
import { CreateUser } from './create-user.js';
import { DeleteUser } from './delete-user.js';
import { FindUser } from './find-user.js';
import { ListUsers } from './list-users.js';
import { UpdateUser } from './update-user.js';
import { showUser, type ShownUser } from './show-user.js';
import { assertMaySetRoles } from './user-permissions.js';
import {
  createUserSchema, dryRunQuerySchema, patchUserSchema, userAnswerSchema, userIdSchema, userListQuerySchema, userPageSchema,
  type CreateUserBody, type DryRunQuery, type PatchUserBody,
} from './user.schema.js'; // prettier-ignore

@ApiTags('Users')
@Controller('v1/users')
export class UserController {
  constructor(
    private readonly listUsers: ListUsers,
    private readonly createUser: CreateUser,
    private readonly findUser: FindUser,
    private readonly updateUser: UpdateUser,
    private readonly deleteUser: DeleteUser,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List and search users' })
  @Roles('ORG_ADMIN', 'HELPDESK', 'AUDITOR')
  @Answers(200, 'A page of users', userPageSchema)
  list(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query({ schema: userListQuerySchema }) query: z.output<typeof userListQuerySchema>,
  ): Promise<Page<User>> {
    return this.listUsers.execute({ tenantId, ...query });
  }

  @Post()
  @ApiOperation({ summary: 'Create a user' })
  @Roles('ORG_ADMIN', 'HELPDESK')
  @DryRunAnswers(userAnswerSchema)
  @Answers(201, 'The user', userAnswerSchema)
  async create(
    @CurrentPrincipal() caller: Principal,
    @Body({ schema: createUserSchema }) body: CreateUserBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser> {
    assertMaySetRoles(caller, body.roles);
    const user = await this.createUser.execute({ tenantId: caller.tenantId, body, dryRun });
    if (dryRun) reply.status(200);
    else reply.header('location', `/v1/users/${user.id}`);
    return showUser(reply, user, dryRun);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a user' })
  @Roles('ORG_ADMIN', 'HELPDESK', 'AUDITOR')
  @Answers(200, 'The user, also a deleted one', userAnswerSchema)
  async read(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: userIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser> {
    return showUser(reply, await this.findUser.execute(tenantId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a user' })
  @Roles('ORG_ADMIN', 'HELPDESK')
  @MergePatch()
  @Answers(200, 'The user after the change', userAnswerSchema)
  async update(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: userIdSchema }) userId: string,
    @Body({ schema: patchUserSchema }) patch: PatchUserBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser> {
    const command = { tenantId: caller.tenantId, caller, userId, patch, ifMatch, dryRun };
    return showUser(reply, await this.updateUser.execute(command), dryRun);
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a user' })
  @Roles('ORG_ADMIN')
  @Conditional()
  @DryRunAnswers(userAnswerSchema)
  @Answers(204, 'The user is deleted: its login and unique values are free again')
  async remove(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: userIdSchema }) userId: string,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownUser | undefined> {
    const user = await this.deleteUser.execute({ tenantId: caller.tenantId, caller, userId, ifMatch, dryRun });
    if (!dryRun) return undefined;
    reply.status(200);
    return showUser(reply, user, dryRun);
  }
}
