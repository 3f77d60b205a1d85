import { queueTable, serviceDatabase, tenantTable } from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const db = serviceDatabase('user-lifecycle');
const s = db.schema;

const OPERATIONS = [
  `create table ${s}.operations (
    tenant_id text not null,
    id text collate "C" not null,
    kind text collate "C" not null,
    state text not null,
    params jsonb not null,
    starter jsonb not null,
    principal text collate "C" not null,
    idempotency_key text collate "C",
    fingerprint bytea,
    total int,
    done int not null default 0,
    failed int not null default 0,
    failure jsonb,
    result jsonb,
    cancel_requested boolean not null default false,
    claimed_by uuid,
    claimed_until timestamptz,
    created_at timestamptz(3) not null,
    started_at timestamptz(3),
    finished_at timestamptz(3),
    version int not null default 1,
    constraint operations_pkey primary key (tenant_id, id),
    constraint operations_state check (state in ('receiving', 'pending', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint operations_claim check ((claimed_by is null) = (claimed_until is null)),
    constraint operations_finished check ((finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled')))
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)`,
  `create unique index operations__idempotency_key on ${s}.operations (tenant_id, kind, principal, idempotency_key)
    where idempotency_key is not null`,
  `create index operations__created_at on ${s}.operations (tenant_id, created_at, id) where state <> 'receiving'`,
  `create index operations__unfinished on ${s}.operations (created_at, id) where finished_at is null`,
  `create index operations__finished_at on ${s}.operations (finished_at) where finished_at is not null`,
  ...queueTable(db, 'operations'),
  `create table ${s}.operation_errors (
    tenant_id text not null,
    operation_id text collate "C" not null,
    line int not null,
    position int not null,
    code text not null,
    pointer text not null,
    message text not null,
    constraint operation_errors_pkey primary key (tenant_id, operation_id, line, position)
  )`,
  ...tenantTable(db, 'operation_errors', 'select, insert, delete'),
];

const IMPORTS = [
  `create table ${s}.import_rows (
    tenant_id text not null,
    operation_id text collate "C" not null,
    line int not null,
    user_id text collate "C" not null,
    sealed bytea not null,
    constraint import_rows_pkey primary key (tenant_id, operation_id, line)
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  ...tenantTable(db, 'import_rows', 'select, insert, delete'),
];

/** Long work and what became of it, and the rows of imports that are still to be done. */
export class CreateOperations1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...OPERATIONS, ...IMPORTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['import_rows', 'operation_errors', 'operations'])
      await runner.query(`drop table ${s}.${table}`);
  }
}
