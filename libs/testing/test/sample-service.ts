import {
  partitionedTable,
  partitionFunctions,
  queueTable,
  serviceDatabase,
  standardTables,
  tenantTable,
  workerReadableTable,
} from '@countersign/persistence';
import { Check, Column, Entity, Index, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

export const db = serviceDatabase('sample-service');

@Entity({ name: 'thing' })
@Index('thing__name', ['tenantId', 'name'], { unique: true })
@Check('thing_state', `state in ('new', 'old')`)
export class ThingEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'thing_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'thing_pkey' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  state!: string;
}

@Entity({ name: 'job' })
export class JobEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'job_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'job_pkey' })
  id!: string;

  @Column({ name: 'thing_id', type: 'int' })
  thingId!: number;
}

@Entity({ name: 'endpoint' })
export class EndpointEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'endpoint_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'endpoint_pkey' })
  id!: string;

  @Column({ type: 'text', array: true })
  roles!: string[];
}

@Entity({ name: 'log' })
@Index('log__note', ['tenantId', 'note'])
export class LogEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'log_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'timestamptz', primaryKeyConstraintName: 'log_pkey' })
  at!: Date;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'log_pkey' })
  id!: string;

  @Column({ type: 'text', nullable: true })
  note!: string | null;
}

const s = db.schema;
export const SAMPLE_TABLES: readonly string[] = [
  ...standardTables(db),
  `create table ${s}.thing (tenant_id text not null, id int not null, name text not null,
     state text not null constraint thing_state check (state in ('new', 'old')), constraint thing_pkey primary key (tenant_id, id))`,
  `create unique index thing__name on ${s}.thing (tenant_id, name)`,
  ...tenantTable(db, 'thing'),
  `create table ${s}.job (tenant_id text not null, id uuid not null, thing_id int not null,
     constraint job_pkey primary key (tenant_id, id))`,
  ...queueTable(db, 'job'),
  `create table ${s}.endpoint (tenant_id text not null, id text not null, roles text[] not null,
     constraint endpoint_pkey primary key (tenant_id, id))`,
  ...workerReadableTable(db, 'endpoint'),
  `create table ${s}.log (tenant_id text not null, at timestamptz not null, id text not null, note text,
     constraint log_pkey primary key (tenant_id, at, id)) partition by range (at)`,
  `create index log__note on ${s}.log (tenant_id, note)`,
  ...partitionedTable(db, 'log'),
  ...partitionFunctions(db),
  `select ${s}.ensure_partitions('log', (now() at time zone 'UTC')::date - 1, 3)`,
];

export class CreateSample1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of SAMPLE_TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema ${s} cascade`);
  }
}

/** A service with a table of each kind. */
export const sampleService = {
  name: 'sample-service',
  database: { entities: [ThingEntity, JobEntity, EndpointEntity, LogEntity], migrations: [CreateSample1764000000001] },
};
