import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AttributeDefinition } from './attribute.schema.js';

/** The tenant's typed attributes of users; one row per tenant, there from the tenant's creation on. */
@Entity({ name: 'attribute_catalogs' })
export class AttributeCatalogEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'attribute_catalogs_pkey' })
  tenantId!: string;

  @Column({ type: 'jsonb' })
  attributes!: AttributeDefinition[];

  @Column({ type: 'int' })
  version!: number;
}
