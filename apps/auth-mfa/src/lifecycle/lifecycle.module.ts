import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApplyTenant } from './apply-tenant.js';
import { ApplyUsers } from './apply-users.js';
import { ProjectTenantConsumer } from './project-tenant.consumer.js';
import { ProjectUserConsumer } from './project-user.consumer.js';

@Module({
  imports: [CredentialsModule, DirectoryModule, RevocationsModule, SessionsModule],
  controllers: [ProjectUserConsumer, ProjectTenantConsumer],
  providers: [ApplyUsers, ApplyTenant],
})
export class LifecycleModule {}
