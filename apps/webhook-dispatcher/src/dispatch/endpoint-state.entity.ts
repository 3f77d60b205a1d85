import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The breaker of an endpoint, as all replicas share it. While it is open all its waiting deliveries are parked by this one row. */
@Entity({ name: 'endpoint_state' })
export class EndpointStateEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'endpoint_state_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'endpoint_id', type: 'text', primaryKeyConstraintName: 'endpoint_state_pkey' })
  endpointId!: string;

  @Column({ type: 'int' })
  failures!: number;

  @Column({ type: 'int' })
  opened!: number;

  @Column({ name: 'open_until', type: 'timestamptz', nullable: true })
  openUntil!: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
