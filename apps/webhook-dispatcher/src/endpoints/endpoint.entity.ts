import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A tenant's receiver and how it wants to be called. Header values and credentials are sealed. */
@Entity({ name: 'webhook_endpoint' })
export class EndpointEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'webhook_endpoint_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'webhook_endpoint_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'boolean' })
  enabled!: boolean;

  /** Set when the platform switched it off, not a person: `receiver_gone`. */
  @Column({ name: 'disabled_reason', type: 'text', nullable: true })
  disabledReason!: string | null;

  @Column({ name: 'token_roles', type: 'text', array: true })
  tokenRoles!: string[];

  @Column({ name: 'token_ttl_seconds', type: 'int' })
  tokenTtlSeconds!: number;

  @Column({ name: 'ca_bundle', type: 'text', nullable: true })
  caBundle!: string | null;

  @Column({ type: 'boolean' })
  echo!: boolean;

  @Column({ type: 'boolean' })
  ordered!: boolean;

  @Column({ name: 'retry_schedule', type: 'int', array: true, nullable: true })
  retrySchedule!: number[] | null;

  @Column({ name: 'rate_limit', type: 'int', nullable: true })
  rateLimit!: number | null;

  @Column({ name: 'max_concurrency', type: 'int', nullable: true })
  maxConcurrency!: number | null;

  @Column({ name: 'headers_sealed', type: 'bytea', nullable: true })
  headersSealed!: Buffer | null;

  @Column({ name: 'auth_sealed', type: 'bytea', nullable: true })
  authSealed!: Buffer | null;

  /** What auth-mfa must still be told of its principal: `done`, `refresh` (roles changed) or `revoke` (deleted). */
  @Column({ name: 'principal_sync', type: 'text', default: 'done' })
  principalSync!: 'done' | 'refresh' | 'revoke';

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;

  @Column({ type: 'int' })
  version!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
