import { UnitOfWork } from '@countersign/persistence';
import { decodeCursor, toPage, type Page } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TenantRepository, type Tenant } from './tenant.repository.js';

const cursorSchema = z.tuple([z.string().regex(/^[a-z0-9-]*$/)]);

/** A page of all tenants by slug, for the operator. */
@Injectable()
export class ListTenants {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenants: TenantRepository,
  ) {}

  async execute(limit: number, cursor?: string): Promise<Page<Tenant>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, cursorSchema);
    const rows = await this.uow.system('list-tenants', tx => this.tenants.listAll(tx, after, limit + 1));
    return toPage(
      rows,
      limit,
      tenant => tenant,
      tenant => [tenant.id],
    );
  }
}
