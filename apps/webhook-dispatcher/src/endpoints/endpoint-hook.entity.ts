import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One hook that an endpoint takes part in. */
@Entity({ name: 'endpoint_hook' })
@Index('endpoint_hook__hook', ['tenantId', 'hook'])
@Index('endpoint_hook__answering', { synchronize: false })
export class EndpointHookEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'endpoint_hook_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'endpoint_id', type: 'text', primaryKeyConstraintName: 'endpoint_hook_pkey' })
  endpointId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'endpoint_hook_pkey' })
  hook!: string;

  @Column({ type: 'text' })
  mode!: string;

  @Column({ name: 'failure_policy', type: 'text', nullable: true })
  failurePolicy!: string | null;

  @Column({ name: 'timeout_ms', type: 'int', nullable: true })
  timeoutMs!: number | null;

  @Column({ type: 'text', nullable: true })
  path!: string | null;

  /** Whether its answer counts: at most one per tenant and hook, kept by a unique index. */
  @Column({ type: 'boolean' })
  answers!: boolean;
}
