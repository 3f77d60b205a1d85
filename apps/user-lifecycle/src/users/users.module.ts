import { Module } from '@nestjs/common';
import { AttributesModule } from '../attributes/attributes.module.js';
import { GroupRepository } from '../groups/group.repository.js';
import { HooksModule } from '../hooks/hooks.module.js';
import { TenantStoreModule } from '../tenants/tenant-store.module.js';
import { ChangeUser } from './change-user.js';
import { CheckUser } from './check-user.js';
import { CommitChange } from './commit-change.js';
import { CreateUser } from './create-user.js';
import { CredentialClient } from './credential-client.js';
import { DeleteUser } from './delete-user.js';
import { DisableUser } from './disable-user.js';
import { EnableUser } from './enable-user.js';
import { FindUser } from './find-user.js';
import { InternalUserController } from './internal-user.controller.js';
import { ListUsers } from './list-users.js';
import { MeController } from './me.controller.js';
import { ReadMe } from './read-me.js';
import { ReservationsRepository } from './reservations.repository.js';
import { ReserveValues } from './reserve-values.js';
import { SecurityQuestions } from './security-questions.js';
import { UpdateUser } from './update-user.js';
import { UserController } from './user.controller.js';
import { UserFacts } from './user-facts.js';
import { UserStatusController } from './user-status.controller.js';
import { UserRepository } from './user.repository.js';

@Module({
  imports: [AttributesModule, HooksModule, TenantStoreModule],
  controllers: [UserController, UserStatusController, MeController, InternalUserController],
  providers: [
    ChangeUser, CheckUser, CommitChange, CreateUser, CredentialClient, DeleteUser, DisableUser, EnableUser, FindUser,
    GroupRepository, ListUsers, ReadMe, ReservationsRepository, ReserveValues, SecurityQuestions, UpdateUser, UserFacts,
    UserRepository,
  ], // prettier-ignore
  exports: [
    CreateUser, CredentialClient, GroupRepository, ReservationsRepository, UpdateUser, UserFacts, UserRepository,
  ], // prettier-ignore
})
export class UsersModule {}
