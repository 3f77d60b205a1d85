import { Module } from '@nestjs/common';
import { AttributesModule } from './attributes/attributes.module.js';
import { AuditModule } from './audit/audit.module.js';
import { GroupsModule } from './groups/groups.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { RepublishModule } from './republish/republish.module.js';
import { TenantsModule } from './tenants/tenants.module.js';
import { UsersModule } from './users/users.module.js';

@Module({
  imports: [
    TenantsModule,
    UsersModule,
    AttributesModule,
    GroupsModule,
    AuditModule,
    OperationsModule,
    ImportsModule,
    RepublishModule,
  ],
})
export class AppModule {}
