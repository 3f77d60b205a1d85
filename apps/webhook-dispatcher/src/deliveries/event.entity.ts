import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is told: one hook's body, exactly as it is signed and sent. Partitioned by day of `created_at`. */
@Entity({ name: 'event' })
export class EventEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'event_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'created_at', type: 'timestamptz', primaryKeyConstraintName: 'event_pkey' })
  createdAt!: Date;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'event_pkey' })
  id!: string;

  /** The event of the bus that it was made from; absent for what was asked or announced over HTTP. */
  @Column({ name: 'source_event_id', type: 'uuid', nullable: true })
  sourceEventId!: string | null;

  @Column({ type: 'text' })
  hook!: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  @Column({ type: 'text' })
  body!: string;

  @Column({ type: 'text' })
  traceparent!: string;
}
