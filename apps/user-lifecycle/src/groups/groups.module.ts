import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AddMember } from './add-member.js';
import { ChangeMembership } from './change-membership.js';
import { CreateGroup } from './create-group.js';
import { DeleteGroup } from './delete-group.js';
import { FindGroup } from './find-group.js';
import { GroupMemberController } from './group-member.controller.js';
import { GroupController } from './group.controller.js';
import { ListGroups } from './list-groups.js';
import { ListMembers } from './list-members.js';
import { ReleaseMembers } from './release-members.js';
import { ReleaseMembersConsumer } from './release-members-on-group-deleted.consumer.js';
import { RemoveMember } from './remove-member.js';
import { UpdateGroup } from './update-group.js';

@Module({
  imports: [UsersModule],
  controllers: [GroupController, GroupMemberController, ReleaseMembersConsumer],
  providers: [
    AddMember, ChangeMembership, CreateGroup, DeleteGroup, FindGroup, ListGroups, ListMembers, ReleaseMembers, RemoveMember,
    UpdateGroup,
  ], // prettier-ignore
})
export class GroupsModule {}
