import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What auth-mfa knows of a tenant, by its events. */
@Entity({ name: 'known_tenant' })
export class KnownTenantEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'known_tenant_pkey' })
  tenantId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  status!: string;

  @Column({ type: 'int' })
  version!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
