import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Long work under way or over. One in the state `receiving` does not exist yet for the API. */
@Entity({ name: 'operations' })
@Check('operations_state', `state in ('receiving', 'pending', 'running', 'succeeded', 'failed', 'cancelled')`)
@Check('operations_claim', '(claimed_by is null) = (claimed_until is null)')
@Check('operations_finished', `(finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled'))`)
@Index('operations__idempotency_key', { synchronize: false })
@Index('operations__created_at', { synchronize: false })
@Index('operations__unfinished', { synchronize: false })
@Index('operations__finished_at', { synchronize: false })
export class OperationEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'operations_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'operations_pkey' })
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  kind!: string;

  @Column({ type: 'text' })
  state!: string;

  /** What the work of this kind needs to know. */
  @Column({ type: 'jsonb' })
  params!: unknown;

  /** Who started it, with the roles of then. */
  @Column({ type: 'jsonb' })
  starter!: unknown;

  /** `<kind>:<id>` of the starter, whose idempotency keys are its own. */
  @Column({ type: 'text', collation: 'C' })
  principal!: string;

  @Column({ name: 'idempotency_key', type: 'text', collation: 'C', nullable: true })
  idempotencyKey!: string | null;

  /** Keyed digest of what was sent under the idempotency key. */
  @Column({ type: 'bytea', nullable: true })
  fingerprint!: Buffer | null;

  @Column({ type: 'int', nullable: true })
  total!: number | null;

  @Column({ type: 'int', default: 0 })
  done!: number;

  @Column({ type: 'int', default: 0 })
  failed!: number;

  @Column({ type: 'jsonb', nullable: true })
  failure!: unknown;

  @Column({ type: 'jsonb', nullable: true })
  result!: unknown;

  @Column({ name: 'cancel_requested', type: 'boolean', default: false })
  cancelRequested!: boolean;

  /** The life of the process that works on it, and until when it does if it shows no further sign of life. */
  @Column({ name: 'claimed_by', type: 'uuid', nullable: true })
  claimedBy!: string | null;

  @Column({ name: 'claimed_until', type: 'timestamptz', nullable: true })
  claimedUntil!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'started_at', type: 'timestamptz', precision: 3, nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', precision: 3, nullable: true })
  finishedAt!: Date | null;

  @Column({ type: 'int', default: 1 })
  version!: number;
}

/** What was wrong with one item of an operation. */
@Entity({ name: 'operation_errors' })
export class OperationErrorEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'operation_errors_pkey' })
  tenantId!: string;

  @PrimaryColumn({
    name: 'operation_id',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'operation_errors_pkey',
  })
  operationId!: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'operation_errors_pkey' })
  line!: number;

  /** Tells several errors of one line apart. */
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'operation_errors_pkey' })
  position!: number;

  @Column({ type: 'text' })
  code!: string;

  @Column({ type: 'text' })
  pointer!: string;

  @Column({ type: 'text' })
  message!: string;
}
