import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The service principal that a webhook endpoint's tokens name. A deleted one stays, so that a late request cannot bring it back. */
@Entity({ name: 'endpoint_principal' })
export class EndpointPrincipalEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'endpoint_principal_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'endpoint_id', type: 'text', primaryKeyConstraintName: 'endpoint_principal_pkey' })
  endpointId!: string;

  @Column({ name: 'principal_id', type: 'text' })
  principalId!: string;

  @Column({ type: 'text', array: true })
  roles!: string[];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;
}
