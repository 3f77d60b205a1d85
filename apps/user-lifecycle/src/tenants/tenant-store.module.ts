import { Module } from '@nestjs/common';
import { TenantRepository } from './tenant.repository.js';

/** The tenants' rows, for the features that lock or show them. */
@Module({ providers: [TenantRepository], exports: [TenantRepository] })
export class TenantStoreModule {}
