import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A credential whose user has not been heard of yet. */
@Entity({ name: 'unconfirmed_credential' })
@Index('unconfirmed_credential__created_at', ['createdAt'])
export class UnconfirmedCredentialEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'unconfirmed_credential_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'unconfirmed_credential_pkey' })
  userId!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
