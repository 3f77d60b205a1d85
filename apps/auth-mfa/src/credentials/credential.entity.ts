import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A user's password, or that it has none yet. */
@Entity({ name: 'credential' })
@Index('credential__login_key', ['tenantId', 'loginKey', 'createdAt'])
export class CredentialEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'credential_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'credential_pkey' })
  userId!: string;

  @Column({ name: 'login_key', type: 'text' })
  loginKey!: string;

  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash!: string | null;

  @Column({ name: 'one_time', type: 'boolean' })
  oneTime!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt!: Date;

  @Column({ name: 'first_login_at', type: 'timestamptz', nullable: true })
  firstLoginAt!: Date | null;

  @Column({ type: 'int' })
  version!: number;
}
