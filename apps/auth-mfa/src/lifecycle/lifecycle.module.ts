import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApplyTenant } from './apply-tenant.js';
import { ApplyUser } from './apply-user.js';
import { ProjectTenantConsumer } from './project-tenant.consumer.js';
import { ProjectUserConsumer } from './project-user.consumer.js';

@Module({
  imports: [CredentialsModule, DirectoryModule, RevocationsModule, SessionsModule],
  controllers: [ProjectUserConsumer, ProjectTenantConsumer],
  providers: [ApplyUser, ApplyTenant],
})
export class LifecycleModule {}
