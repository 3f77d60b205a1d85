import type { ServiceDatabase } from './roles.js';
import { platformTable, queueTable } from './row-level-security.js';

/**
 * The tables that every service with a database has: outbox, inbox and kept answers of Idempotency-Key; TypeORM's own
 * table of applied migrations is put under row-level security with them.
 * The statements belong into the service's first migration and never change: later changes are migrations of their own.
 */
export function standardTables(db: ServiceDatabase): string[] {
  const s = db.schema;
  return [
    // Made by TypeORM before the first migration; the worker reads it at boot to refuse a schema that is behind.
    ...platformTable(db, 'migrations'),
    `create table ${s}.outbox (
      tenant_id text not null,
      id bigint generated always as identity,
      topic text not null,
      part int not null,
      key text not null,
      headers jsonb not null,
      payload text not null,
      created_at timestamptz not null default clock_timestamp(),
      constraint outbox_pkey primary key (tenant_id, id)
    ) with (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 90)`,
    `create index outbox__id on ${s}.outbox (id)`,
    ...queueTable(db, 'outbox'),
    `create table ${s}.inbox (
      tenant_id text not null,
      handler text not null,
      event_id uuid not null,
      handled_at timestamptz not null default now(),
      constraint inbox_pkey primary key (tenant_id, handler, event_id)
    ) with (autovacuum_vacuum_scale_factor = 0.05)`,
    `create index inbox__handled_at on ${s}.inbox (handled_at)`,
    ...queueTable(db, 'inbox'),
    `create table ${s}.idempotency_key (
      tenant_id text not null,
      principal text not null,
      method text not null,
      path text not null,
      key text not null,
      fingerprint bytea not null,
      locked_until timestamptz,
      answer bytea,
      created_at timestamptz not null default now(),
      constraint idempotency_key_pkey primary key (tenant_id, principal, method, path, key)
    )`,
    `create index idempotency_key__created_at on ${s}.idempotency_key (created_at)`,
    ...queueTable(db, 'idempotency_key'),
  ];
}
