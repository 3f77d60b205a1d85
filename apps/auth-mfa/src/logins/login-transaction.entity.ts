import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A login under way, or finished: found by the hash of its secret. */
@Entity({ name: 'login_transaction' })
@Index('login_transaction__expires_at', ['tenantId', 'expiresAt'])
export class LoginTransactionEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'login_transaction_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'secret_sha256', type: 'bytea', primaryKeyConstraintName: 'login_transaction_pkey' })
  secretSha256!: Buffer;

  @Column({ type: 'text' })
  id!: string;

  @Column({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ type: 'text' })
  state!: string;

  @Column({ name: 'credential_version', type: 'int' })
  credentialVersion!: number;

  @Column({ type: 'text', array: true })
  amr!: string[];

  @Column({ name: 'client_ip', type: 'text', nullable: true })
  clientIp!: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'consumed_at', type: 'timestamptz', nullable: true })
  consumedAt!: Date | null;

  @Column({ type: 'int' })
  version!: number;
}
