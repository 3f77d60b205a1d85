import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One request that was made, or would have been: append-only. Lies in the partition of its delivery. */
@Entity({ name: 'attempt' })
@Index('attempt__endpoint', { synchronize: false })
export class AttemptEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'attempt_pkey' })
  tenantId!: string;

  /** `created_at` of the delivery. */
  @PrimaryColumn({ name: 'delivery_at', type: 'timestamptz', primaryKeyConstraintName: 'attempt_pkey' })
  deliveryAt!: Date;

  @PrimaryColumn({ name: 'delivery_id', type: 'text', primaryKeyConstraintName: 'attempt_pkey' })
  deliveryId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'attempt_pkey' })
  id!: string;

  @Column({ type: 'int' })
  number!: number;

  @Column({ name: 'endpoint_id', type: 'text' })
  endpointId!: string;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'duration_ms', type: 'int' })
  durationMs!: number;

  @Column({ type: 'boolean' })
  succeeded!: boolean;

  @Column({ type: 'text' })
  transport!: string;

  @Column({ type: 'int', nullable: true })
  status!: number | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  /** The address that was dialled. */
  @Column({ type: 'text', nullable: true })
  address!: string | null;

  @Column({ type: 'text' })
  url!: string;

  /** As sent, secrets masked. */
  @Column({ name: 'request_headers', type: 'jsonb' })
  requestHeaders!: Record<string, string>;

  @Column({ name: 'response_headers', type: 'jsonb', nullable: true })
  responseHeaders!: Record<string, string> | null;

  /** Bytes as they came, at most 64 KiB. */
  @Column({ name: 'response_body', type: 'bytea', nullable: true })
  responseBody!: Buffer | null;

  @Column({ name: 'response_truncated', type: 'boolean' })
  responseTruncated!: boolean;
}
