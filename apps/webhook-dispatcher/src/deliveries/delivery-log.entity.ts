import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { PatchOperation } from '../answers/user-changes.js';

/** A delivery or awaited call that is over. Partitioned by day of `created_at`. */
@Entity({ name: 'delivery_log' })
@Index('delivery_log__endpoint', ['tenantId', 'endpointId', 'createdAt'])
@Index('delivery_log__user', ['tenantId', 'userId', 'createdAt'])
@Index('delivery_log__not_succeeded', { synchronize: false })
export class DeliveryLogEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'delivery_log_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'created_at', type: 'timestamptz', primaryKeyConstraintName: 'delivery_log_pkey' })
  createdAt!: Date;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'delivery_log_pkey' })
  id!: string;

  @Column({ name: 'endpoint_id', type: 'text' })
  endpointId!: string;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ name: 'event_at', type: 'timestamptz' })
  eventAt!: Date;

  @Column({ type: 'text' })
  hook!: string;

  @Column({ type: 'text' })
  mode!: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  @Column({ type: 'text' })
  state!: string;

  @Column({ type: 'int' })
  attempts!: number;

  @Column({ name: 'finished_at', type: 'timestamptz' })
  finishedAt!: Date;

  /** Why it did not succeed, for people. */
  @Column({ type: 'text', nullable: true })
  cause!: string | null;

  @Column({ type: 'boolean' })
  awaited!: boolean;

  @Column({ name: 'dry_run', type: 'boolean', default: false })
  dryRun!: boolean;

  @Column({ type: 'text', nullable: true })
  verdict!: string | null;

  /** The tenant's message of a refusal, or what was wrong with an answer. */
  @Column({ type: 'text', nullable: true })
  message!: string | null;

  /** JSON Patch of what the answer changes in the user that was sent. */
  @Column({ type: 'jsonb', nullable: true })
  patch!: PatchOperation[] | null;

  /** What came back changed and is not the hook's to change. */
  @Column({ type: 'jsonb', nullable: true })
  ignored!: PatchOperation[] | null;
}
