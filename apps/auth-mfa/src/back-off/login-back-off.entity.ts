import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failures and successes of one login from one network; with an empty network_mac, of the login from all of them. */
@Entity({ name: 'login_back_off' })
@Index('login_back_off__touched_at', ['touchedAt'])
export class LoginBackOffEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'login_back_off_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'login_mac', type: 'bytea', primaryKeyConstraintName: 'login_back_off_pkey' })
  loginMac!: Buffer;

  @PrimaryColumn({ name: 'network_mac', type: 'bytea', primaryKeyConstraintName: 'login_back_off_pkey' })
  networkMac!: Buffer;

  @Column({ type: 'int' })
  failures!: number;

  @Column({ name: 'blocked_until', type: 'timestamptz', nullable: true })
  blockedUntil!: Date | null;

  @Column({ name: 'window_started_at', type: 'timestamptz', nullable: true })
  windowStartedAt!: Date | null;

  @Column({ name: 'last_success_at', type: 'timestamptz', nullable: true })
  lastSuccessAt!: Date | null;

  @Column({ name: 'touched_at', type: 'timestamptz' })
  touchedAt!: Date;
}
