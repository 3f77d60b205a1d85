import {
  partitionedTable,
  partitionFunctions,
  queueTable,
  serviceDatabase,
  standardTables,
  workerReadableTable,
} from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const db = serviceDatabase('webhook-dispatcher');
const s = db.schema;

const endpoints = [
  `create table ${s}.webhook_endpoint (
    tenant_id text not null,
    id text not null,
    name text not null,
    url text not null,
    enabled boolean not null,
    disabled_reason text,
    token_roles text[] not null,
    token_ttl_seconds int not null,
    ca_bundle text,
    echo boolean not null,
    ordered boolean not null,
    retry_schedule int[],
    rate_limit int,
    max_concurrency int,
    headers_sealed bytea,
    auth_sealed bytea,
    principal_sync text not null default 'done',
    deleted_at timestamptz,
    version int not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhook_endpoint_pkey primary key (tenant_id, id)
  )`,
  ...workerReadableTable(db, 'webhook_endpoint'),
  `create table ${s}.endpoint_hook (
    tenant_id text not null,
    endpoint_id text not null,
    hook text not null,
    mode text not null,
    failure_policy text,
    timeout_ms int,
    path text,
    answers boolean not null,
    constraint endpoint_hook_pkey primary key (tenant_id, endpoint_id, hook)
  )`,
  `create index endpoint_hook__hook on ${s}.endpoint_hook (tenant_id, hook)`,
  // At most one endpoint of a tenant answers a given awaited hook, whoever saves at the same time.
  `create unique index endpoint_hook__answering on ${s}.endpoint_hook (tenant_id, hook) where answers`,
  ...workerReadableTable(db, 'endpoint_hook'),
  `create table ${s}.signing_secret (
    tenant_id text not null,
    endpoint_id text not null,
    id uuid not null,
    sealed bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    valid_until timestamptz,
    constraint signing_secret_pkey primary key (tenant_id, endpoint_id, id)
  )`,
  ...workerReadableTable(db, 'signing_secret'),
  `create table ${s}.endpoint_state (
    tenant_id text not null,
    endpoint_id text not null,
    failures int not null,
    opened int not null,
    open_until timestamptz,
    updated_at timestamptz not null default now(),
    constraint endpoint_state_pkey primary key (tenant_id, endpoint_id)
  ) with (fillfactor = 85)`,
  ...queueTable(db, 'endpoint_state'),
];

const queue = [
  `create table ${s}.event (
    tenant_id text not null,
    created_at timestamptz not null,
    id text not null,
    source_event_id uuid,
    hook text not null,
    user_id text,
    body text not null,
    traceparent text not null,
    constraint event_pkey primary key (tenant_id, created_at, id)
  ) partition by range (created_at)`,
  ...partitionedTable(db, 'event'),
  `create table ${s}.delivery (
    tenant_id text not null,
    id text not null,
    endpoint_id text not null,
    event_id text not null,
    event_at timestamptz not null,
    created_at timestamptz not null,
    hook text not null,
    mode text not null,
    user_id text,
    order_key text,
    seq bigint generated always as identity,
    attempts int not null default 0,
    attempts_before int not null default 0,
    since timestamptz not null,
    due_at timestamptz not null,
    expires_at timestamptz not null,
    claim_id uuid,
    claimed_at timestamptz,
    awaited boolean not null default false,
    verdict text,
    constraint delivery_pkey primary key (tenant_id, id)
  ) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02)`,
  `create unique index delivery__event_endpoint on ${s}.delivery (tenant_id, event_id, endpoint_id)`,
  `create index delivery__lane on ${s}.delivery (tenant_id, endpoint_id, order_key, seq)`,
  // What nobody works on, by endpoint: a dead receiver's million waiting rows are one probe of this index, not a million.
  `create index delivery__waiting on ${s}.delivery (tenant_id, endpoint_id, due_at) where claim_id is null`,
  `create index delivery__claimed on ${s}.delivery (claimed_at) where claim_id is not null`,
  `create index delivery__expires_at on ${s}.delivery (expires_at)`,
  ...queueTable(db, 'delivery'),
];

const log = [
  `create table ${s}.delivery_log (
    tenant_id text not null,
    created_at timestamptz not null,
    id text not null,
    endpoint_id text not null,
    event_id text not null,
    event_at timestamptz not null,
    hook text not null,
    mode text not null,
    user_id text,
    state text not null,
    attempts int not null,
    finished_at timestamptz not null,
    cause text,
    awaited boolean not null,
    dry_run boolean not null default false,
    verdict text,
    message text,
    patch jsonb,
    ignored jsonb,
    constraint delivery_log_pkey primary key (tenant_id, created_at, id)
  ) partition by range (created_at)`,
  `create index delivery_log__endpoint on ${s}.delivery_log (tenant_id, endpoint_id, created_at)`,
  `create index delivery_log__user on ${s}.delivery_log (tenant_id, user_id, created_at)`,
  `create index delivery_log__not_succeeded on ${s}.delivery_log (tenant_id, created_at) where state <> 'succeeded'`,
  ...partitionedTable(db, 'delivery_log'),
  `create table ${s}.attempt (
    tenant_id text not null,
    delivery_at timestamptz not null,
    delivery_id text not null,
    id text not null,
    number int not null,
    endpoint_id text not null,
    started_at timestamptz not null,
    duration_ms int not null,
    succeeded boolean not null,
    transport text not null,
    status int,
    error text,
    address text,
    url text not null,
    request_headers jsonb not null,
    response_headers jsonb,
    response_body bytea,
    response_truncated boolean not null,
    constraint attempt_pkey primary key (tenant_id, delivery_at, delivery_id, id)
  ) partition by range (delivery_at)`,
  `create index attempt__endpoint on ${s}.attempt (tenant_id, endpoint_id, started_at) include (succeeded, duration_ms)`,
  ...partitionedTable(db, 'attempt'),
];

const partitions = [
  ...partitionFunctions(db),
  // The service makes further ones ahead of time; it can work from the first moment on these.
  ...['event', 'delivery_log', 'attempt'].map(
    table => `select ${s}.ensure_partitions('${table}', ((now() at time zone 'UTC')::date - 1), 4)`,
  ),
];

export class CreateWebhookDispatcher1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...standardTables(db), ...endpoints, ...queue, ...log, ...partitions])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'attempt',
      'delivery_log',
      'delivery',
      'event',
      'endpoint_state',
      'signing_secret',
      'endpoint_hook',
      'webhook_endpoint',
    ];
    for (const table of [...tables, 'idempotency_key', 'inbox', 'outbox'])
      await runner.query(`drop table ${s}.${table}`);
    await runner.query(`drop function ${s}.ensure_partitions(text, date, int)`);
    await runner.query(`drop function ${s}.drop_partitions(text, date)`);
  }
}
