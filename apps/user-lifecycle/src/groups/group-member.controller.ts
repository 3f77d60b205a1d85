import type { User } from '@countersign/contracts';
import { CurrentPrincipal, listQuerySchema, Roles, type Page, type Principal } from '@countersign/platform';
import { Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Answers } from '../answers.js';
import { userIdSchema, userPageSchema } from '../users/user.schema.js';
import { AddMember } from './add-member.js';
import { groupIdSchema } from './group.schema.js';
import { ListMembers } from './list-members.js';
import { RemoveMember } from './remove-member.js';

@ApiTags('Groups')
@Controller('v1/groups/:id/members')
export class GroupMemberController {
  constructor(
    private readonly listMembers: ListMembers,
    private readonly addMember: AddMember,
    private readonly removeMember: RemoveMember,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the members of a group' })
  @Roles('ORG_ADMIN', 'HELPDESK', 'AUDITOR')
  @Answers(200, 'A page of members, as users', userPageSchema)
  list(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: groupIdSchema }) id: string,
    @Query({ schema: listQuerySchema }) query: z.output<typeof listQuerySchema>,
  ): Promise<Page<User>> {
    return this.listMembers.execute(principal.tenantId, id, query.limit, query.cursor);
  }

  @Put(':userId')
  @ApiOperation({ summary: 'Add a member to a group' })
  @Roles('ORG_ADMIN', 'HELPDESK')
  @Answers(204, 'The user is a member')
  add(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: groupIdSchema }) groupId: string,
    @Param('userId', { schema: userIdSchema }) userId: string,
  ): Promise<void> {
    return this.addMember.execute({ tenantId: caller.tenantId, caller, groupId, userId });
  }

  @Delete(':userId')
  @ApiOperation({ summary: 'Remove a member from a group' })
  @Roles('ORG_ADMIN', 'HELPDESK')
  @Answers(204, 'The user is no member')
  remove(
    @CurrentPrincipal() caller: Principal,
    @Param('id', { schema: groupIdSchema }) groupId: string,
    @Param('userId', { schema: userIdSchema }) userId: string,
  ): Promise<void> {
    return this.removeMember.execute({ tenantId: caller.tenantId, caller, groupId, userId });
  }
}
