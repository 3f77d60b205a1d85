import { createdTenantSchema, createTenantSchema, type CreatedTenant } from '@countersign/contracts';
import { Internal, type Page } from '@countersign/platform';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Answers } from '../answers.js';
import { CreateTenant } from './create-tenant.js';
import { DisableTenant } from './disable-tenant.js';
import { ListTenants } from './list-tenants.js';
import type { Tenant } from './tenant.repository.js';
import { slugSchema, tenantListQuerySchema, tenantPageSchema, tenantSchema } from './tenant.schema.js';

/** The operator's commands on tenants. */
@Internal('operator')
@Controller('internal/tenants')
export class TenantController {
  constructor(
    private readonly createTenant: CreateTenant,
    private readonly listTenants: ListTenants,
    private readonly disableTenant: DisableTenant,
  ) {}

  @Post()
  @Answers(201, 'The tenant, with the one-time password of its first administrator', createdTenantSchema)
  create(@Body({ schema: createTenantSchema }) body: z.output<typeof createTenantSchema>): Promise<CreatedTenant> {
    return this.createTenant.execute(body);
  }

  @Get()
  @Answers(200, 'All tenants by slug', tenantPageSchema)
  list(@Query({ schema: tenantListQuerySchema }) query: z.output<typeof tenantListQuerySchema>): Promise<Page<Tenant>> {
    return this.listTenants.execute(query.limit, query.cursor);
  }

  @Post(':slug/disable')
  @Answers(200, 'The tenant, disabled', tenantSchema)
  disable(@Param('slug', { schema: slugSchema }) slug: string): Promise<Tenant> {
    return this.disableTenant.execute(slug);
  }
}
