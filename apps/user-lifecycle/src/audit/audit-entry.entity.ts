import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One fact of the tenant's audit log, as the service that changed something reported it. Rows are only ever added. */
@Entity({ name: 'audit_log' })
@Index('audit_log__id', ['tenantId', 'id'])
@Index('audit_log__target_id', ['tenantId', 'targetId', 'at', 'id'])
@Index('audit_log__target_type', ['tenantId', 'targetType', 'at', 'id'])
@Index('audit_log__actor_id', ['tenantId', 'actorId', 'at', 'id'])
@Index('audit_log__action', ['tenantId', 'action', 'at', 'id'])
@Index('audit_log__trace_id', ['tenantId', 'traceId', 'at', 'id'])
export class AuditEntryEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'audit_log_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName: 'audit_log_pkey' })
  at!: Date;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'audit_log_pkey' })
  id!: string;

  @Column({ name: 'actor_type', type: 'text' })
  actorType!: string;

  @Column({ name: 'actor_id', type: 'text' })
  actorId!: string;

  @Column({ name: 'delegatee_id', type: 'text', nullable: true })
  delegateeId!: string | null;

  @Column({ type: 'text', collation: 'C' })
  action!: string;

  @Column({ name: 'target_type', type: 'text' })
  targetType!: string;

  @Column({ name: 'target_id', type: 'text' })
  targetId!: string;

  @Column({ type: 'jsonb' })
  changes!: unknown;

  @Column({ name: 'trace_id', type: 'text' })
  traceId!: string;

  @Column({ name: 'client_ip', type: 'text', nullable: true })
  clientIp!: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;
}
