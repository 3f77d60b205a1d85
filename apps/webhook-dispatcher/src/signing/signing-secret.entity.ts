import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A signing secret of an endpoint, sealed. The newest signs first; replaced ones sign beside it until `validUntil`. */
@Entity({ name: 'signing_secret' })
export class SigningSecretEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'signing_secret_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'endpoint_id', type: 'text', primaryKeyConstraintName: 'signing_secret_pkey' })
  endpointId!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'signing_secret_pkey' })
  id!: string;

  @Column({ type: 'bytea' })
  sealed!: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt!: Date;

  @Column({ name: 'valid_until', type: 'timestamptz', nullable: true })
  validUntil!: Date | null;
}
