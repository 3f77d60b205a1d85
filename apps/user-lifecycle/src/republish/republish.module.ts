import { Module } from '@nestjs/common';
import { TenantStoreModule } from '../tenants/tenant-store.module.js';
import { UsersModule } from '../users/users.module.js';
import { RepublishController } from './republish.controller.js';
import { Republish } from './republish.js';

@Module({ imports: [TenantStoreModule, UsersModule], controllers: [RepublishController], providers: [Republish] })
export class RepublishModule {}
