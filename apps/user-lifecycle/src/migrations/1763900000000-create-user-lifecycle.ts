import { serviceDatabase, standardTables, tenantTable, workerReadableTable } from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const db = serviceDatabase('user-lifecycle');
const s = db.schema;

/** Rows of a table that is changed much, so that dead ones are swept early. */
const BUSY = 'with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05)';

const TENANTS = [
  `create table ${s}.tenants (
    tenant_id text not null,
    name text not null,
    status text not null,
    created_at timestamptz(3) not null,
    version int not null,
    constraint tenants_pkey primary key (tenant_id),
    constraint tenants_status check (status in ('active', 'disabled'))
  )`,
  ...workerReadableTable(db, 'tenants'),
  `create table ${s}.tenant_creations (
    tenant_id text not null,
    admin_user_id text not null,
    admin_password bytea not null,
    attempt uuid not null,
    lease_until timestamptz not null,
    constraint tenant_creations_pkey primary key (tenant_id)
  )`,
  ...tenantTable(db, 'tenant_creations'),
];

const USERS = [
  `create table ${s}.users (
    tenant_id text not null,
    id text collate "C" not null,
    login text not null,
    login_key text collate "C" not null,
    first_name text not null,
    first_name_key text collate "C" not null,
    last_name text not null,
    last_name_key text collate "C" not null,
    user_type text,
    country text,
    email text,
    email_key text collate "C",
    mobile text,
    manager_id text collate "C",
    attributes jsonb not null,
    roles text[] not null,
    status text not null,
    provisioned_apps jsonb not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    version int not null,
    constraint users_pkey primary key (tenant_id, id),
    constraint users_status check (status in ('active', 'staged', 'disabled', 'deleted'))
  ) ${BUSY}`,
  `create index users__login_key on ${s}.users (tenant_id, login_key, id)`,
  `create index users__name on ${s}.users (tenant_id, last_name_key, first_name_key, id)`,
  `create index users__first_name on ${s}.users (tenant_id, first_name_key, id)`,
  `create index users__email_key on ${s}.users (tenant_id, email_key, id)`,
  `create index users__mobile on ${s}.users (tenant_id, mobile, id)`,
  `create index users__user_type on ${s}.users (tenant_id, user_type, id)`,
  `create index users__country on ${s}.users (tenant_id, country, id)`,
  `create index users__manager_id on ${s}.users (tenant_id, manager_id, id)`,
  `create index users__status on ${s}.users (tenant_id, status, id)`,
  `create index users__created_at on ${s}.users (tenant_id, created_at, id)`,
  `create index users__updated_at on ${s}.users (tenant_id, updated_at, id)`,
  ...tenantTable(db, 'users', 'select, insert, update'),
  `create table ${s}.user_search_values (
    tenant_id text not null,
    name text collate "C" not null,
    value text collate "C" not null,
    user_id text collate "C" not null,
    constraint user_search_values_pkey primary key (tenant_id, name, value, user_id)
  ) ${BUSY}`,
  `create index user_search_values__user_id on ${s}.user_search_values (tenant_id, user_id)`,
  ...tenantTable(db, 'user_search_values', 'select, insert, delete'),
  `create table ${s}.unique_values (
    tenant_id text not null,
    name text collate "C" not null,
    value text collate "C" not null,
    user_id text collate "C" not null,
    reservation uuid,
    lease_until timestamptz,
    constraint unique_values_pkey primary key (tenant_id, name, value),
    constraint unique_values_lease check ((reservation is null) = (lease_until is null))
  ) ${BUSY}`,
  `create index unique_values__user_id on ${s}.unique_values (tenant_id, user_id)`,
  `create index unique_values__reservation on ${s}.unique_values (tenant_id, reservation) where reservation is not null`,
  `create index unique_values__lease_until on ${s}.unique_values (tenant_id, lease_until) where lease_until is not null`,
  ...tenantTable(db, 'unique_values'),
  `create table ${s}.security_questions (
    tenant_id text not null,
    user_id text collate "C" not null,
    sealed bytea not null,
    constraint security_questions_pkey primary key (tenant_id, user_id)
  )`,
  ...tenantTable(db, 'security_questions'),
  `create table ${s}.attribute_catalogs (
    tenant_id text not null,
    attributes jsonb not null,
    version int not null,
    constraint attribute_catalogs_pkey primary key (tenant_id)
  )`,
  ...tenantTable(db, 'attribute_catalogs', 'select, insert, update'),
];

const GROUPS = [
  `create table ${s}.groups (
    tenant_id text not null,
    id text collate "C" not null,
    name text not null,
    name_key text collate "C" not null,
    description text,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    deleted_at timestamptz(3),
    version int not null,
    constraint groups_pkey primary key (tenant_id, id)
  )`,
  `create index groups__name_key on ${s}.groups (tenant_id, name_key, id) where deleted_at is null`,
  `create index groups__created_at on ${s}.groups (tenant_id, created_at, id) where deleted_at is null`,
  ...tenantTable(db, 'groups', 'select, insert, update'),
  `create table ${s}.group_members (
    tenant_id text not null,
    group_id text collate "C" not null,
    user_id text collate "C" not null,
    constraint group_members_pkey primary key (tenant_id, group_id, user_id),
    constraint group_members_group foreign key (tenant_id, group_id) references ${s}.groups (tenant_id, id),
    constraint group_members_user foreign key (tenant_id, user_id) references ${s}.users (tenant_id, id)
  ) ${BUSY}`,
  `create index group_members__user_id on ${s}.group_members (tenant_id, user_id, group_id)`,
  ...tenantTable(db, 'group_members', 'select, insert, delete'),
];

const AUDIT = [
  // Keyed by time first, so that a later migration can turn it into monthly partitions without a new key.
  `create table ${s}.audit_log (
    tenant_id text not null,
    at timestamptz(3) not null,
    id text collate "C" not null,
    actor_type text not null,
    actor_id text not null,
    delegatee_id text,
    action text collate "C" not null,
    target_type text not null,
    target_id text not null,
    changes jsonb not null,
    trace_id text not null,
    client_ip text,
    user_agent text,
    constraint audit_log_pkey primary key (tenant_id, at, id)
  )`,
  `create index audit_log__id on ${s}.audit_log (tenant_id, id)`,
  `create index audit_log__target_id on ${s}.audit_log (tenant_id, target_id, at, id)`,
  `create index audit_log__target_type on ${s}.audit_log (tenant_id, target_type, at, id)`,
  `create index audit_log__actor_id on ${s}.audit_log (tenant_id, actor_id, at, id)`,
  `create index audit_log__action on ${s}.audit_log (tenant_id, action, at, id)`,
  `create index audit_log__trace_id on ${s}.audit_log (tenant_id, trace_id)`,
  ...tenantTable(db, 'audit_log', 'select, insert'),
];

/** Tenants, users, groups, the tenant's audit log, and what every service has. */
export class CreateUserLifecycle1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...standardTables(db), ...TENANTS, ...USERS, ...GROUPS, ...AUDIT])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'audit_log', 'group_members', 'groups', 'attribute_catalogs', 'security_questions', 'unique_values',
      'user_search_values', 'users', 'tenant_creations', 'tenants', 'idempotency_key', 'inbox', 'outbox',
    ]; // prettier-ignore
    for (const table of tables) await runner.query(`drop table ${s}.${table}`);
  }
}
