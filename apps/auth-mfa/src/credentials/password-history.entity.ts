import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Hash of one of the passwords that a user had last. */
@Entity({ name: 'password_history' })
export class PasswordHistoryEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'password_history_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'password_history_pkey' })
  userId!: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'password_history_pkey' })
  version!: number;

  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt!: Date;
}
