import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A delivery that is not over: the queue. Small and hot; it moves to delivery_log when it ends. Who works on it (`claim_id`,
 * `claimed_at`) is kept apart from how far it is.
 */
@Entity({ name: 'delivery' })
@Index('delivery__lane', ['tenantId', 'endpointId', 'orderKey', 'seq'])
@Index('delivery__waiting', { synchronize: false })
@Index('delivery__claimed', { synchronize: false })
@Index('delivery__expires_at', { synchronize: false })
export class DeliveryEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'delivery_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'delivery_pkey' })
  id!: string;

  @Column({ name: 'endpoint_id', type: 'text' })
  endpointId!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ name: 'event_at', type: 'timestamptz' })
  eventAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ type: 'text' })
  hook!: string;

  /** `notify`, `announce`, or the awaited mode whose unanswered question is repeated. */
  @Column({ type: 'text' })
  mode!: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  /** Deliveries of one key to one endpoint keep their order; null = no order. */
  @Column({ name: 'order_key', type: 'text', nullable: true })
  orderKey!: string | null;

  @Column({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' })
  seq!: string;

  /** Attempts made. */
  @Column({ type: 'int', default: 0 })
  attempts!: number;

  /** Attempts made before the last redelivery: the schedule counts from there. */
  @Column({ name: 'attempts_before', type: 'int', default: 0 })
  attemptsBefore!: number;

  /** When the schedule began to count. */
  @Column({ type: 'timestamptz' })
  since!: Date;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'claim_id', type: 'uuid', nullable: true })
  claimId!: string | null;

  @Column({ name: 'claimed_at', type: 'timestamptz', nullable: true })
  claimedAt!: Date | null;

  @Column({ type: 'boolean', default: false })
  awaited!: boolean;

  @Column({ type: 'text', nullable: true })
  verdict!: string | null;
}
