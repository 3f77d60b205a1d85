import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A person signed in on one client: the family of its refresh tokens. */
@Entity({ name: 'session' })
@Index('session__user_id', ['tenantId', 'userId', 'createdAt'])
@Index('session__expires_at', ['tenantId', 'expiresAt'])
export class SessionEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'session_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'session_pkey' })
  id!: string;

  @Column({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'last_used_at', type: 'timestamptz' })
  lastUsedAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'auth_time', type: 'timestamptz' })
  authTime!: Date;

  @Column({ type: 'text', array: true })
  amr!: string[];

  @Column({ type: 'text' })
  acr!: string;

  @Column({ name: 'first_login', type: 'boolean' })
  firstLogin!: boolean;

  @Column({ name: 'client_ip', type: 'text', nullable: true })
  clientIp!: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Column({ name: 'end_reason', type: 'text', nullable: true })
  endReason!: string | null;
}
