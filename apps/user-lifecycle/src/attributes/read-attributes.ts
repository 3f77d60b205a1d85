import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { AttributeCatalog } from './attribute.schema.js';
import { AttributeCatalogRepository } from './attribute-catalog.repository.js';

/** The tenant's catalogue of typed attributes. */
@Injectable()
export class ReadAttributes {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly catalogs: AttributeCatalogRepository,
  ) {}

  execute(tenantId: TenantId): Promise<AttributeCatalog> {
    return this.uow.run(tenantId, tx => this.catalogs.read(tx));
  }
}
