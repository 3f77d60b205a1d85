import { CurrentPrincipal, etagOf, Roles, type Page, type Principal } from '@countersign/platform';
import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers, Conditional, MergePatch } from '../answers.js';
import { CreateGroup } from './create-group.js';
import { DeleteGroup } from './delete-group.js';
import { FindGroup } from './find-group.js';
import {
  createGroupSchema, groupAnswerSchema, groupIdSchema, groupListQuerySchema, groupPageSchema, patchGroupSchema,
  type CreateGroupBody, type Group, type PatchGroupBody,
} from './group.schema.js'; // prettier-ignore
import { ListGroups } from './list-groups.js';
import { UpdateGroup } from './update-group.js';

@ApiTags('Groups')
@Controller('v1/groups')
export class GroupController {
  constructor(
    private readonly listGroups: ListGroups,
    private readonly createGroup: CreateGroup,
    private readonly findGroup: FindGroup,
    private readonly updateGroup: UpdateGroup,
    private readonly deleteGroup: DeleteGroup,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List and search groups' })
  @Roles('ORG_ADMIN', 'HELPDESK', 'AUDITOR')
  @Answers(200, 'A page of groups', groupPageSchema)
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: groupListQuerySchema }) query: z.output<typeof groupListQuerySchema>,
  ): Promise<Page<Group>> {
    return this.listGroups.execute({ tenantId: principal.tenantId, ...query });
  }

  @Post()
  @ApiOperation({ summary: 'Create a group' })
  @Roles('ORG_ADMIN')
  @Answers(201, 'The group', groupAnswerSchema)
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: createGroupSchema }) body: CreateGroupBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    const group = await this.createGroup.execute(principal.tenantId, body);
    reply.header('location', `/v1/groups/${group.id}`);
    return tagged(reply, group);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a group' })
  @Roles('ORG_ADMIN', 'HELPDESK', 'AUDITOR')
  @Answers(200, 'The group', groupAnswerSchema)
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: groupIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    return tagged(reply, await this.findGroup.execute(principal.tenantId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a group' })
  @Roles('ORG_ADMIN')
  @MergePatch()
  @Answers(200, 'The group after the change', groupAnswerSchema)
  async update(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: groupIdSchema }) groupId: string,
    @Body({ schema: patchGroupSchema }) patch: PatchGroupBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Group> {
    return tagged(reply, await this.updateGroup.execute({ tenantId, groupId, patch, ifMatch }));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a group' })
  @Roles('ORG_ADMIN')
  @Conditional()
  @Answers(204, 'The group is gone; each former member gets an update of its own')
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: groupIdSchema }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.deleteGroup.execute(principal.tenantId, id, ifMatch);
  }
}

function tagged(reply: FastifyReply, group: Group): Group {
  reply.header('etag', etagOf(group.version));
  return group;
}
