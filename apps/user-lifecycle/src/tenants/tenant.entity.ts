import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** A customer. Its row is never deleted, so its slug is never given to another. */
@Entity({ name: 'tenants' })
@Check('tenants_status', `status in ('active', 'disabled')`)
export class TenantEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'tenants_pkey' })
  tenantId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  status!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'int' })
  version!: number;
}

/** A tenant that is being created, until its row in `tenants` takes its place; a creation that died is taken over from it. */
@Entity({ name: 'tenant_creations' })
export class TenantCreationEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'tenant_creations_pkey' })
  tenantId!: string;

  @Column({ name: 'admin_user_id', type: 'text' })
  adminUserId!: string;

  /** Sealed; the same one-time password is set again by the creation that takes over. */
  @Column({ name: 'admin_password', type: 'bytea' })
  adminPassword!: Buffer;

  @Column({ type: 'uuid' })
  attempt!: string;

  @Column({ name: 'lease_until', type: 'timestamptz' })
  leaseUntil!: Date;
}
