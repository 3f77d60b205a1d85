import { Module } from '@nestjs/common';
import { AttributesModule } from '../attributes/attributes.module.js';
import { UsersModule } from '../users/users.module.js';
import { CreateTenant } from './create-tenant.js';
import { DisableTenant } from './disable-tenant.js';
import { ListTenants } from './list-tenants.js';
import { TenantController } from './tenant.controller.js';
import { TenantStoreModule } from './tenant-store.module.js';

@Module({
  imports: [AttributesModule, TenantStoreModule, UsersModule],
  controllers: [TenantController],
  providers: [CreateTenant, DisableTenant, ListTenants],
})
export class TenantsModule {}
