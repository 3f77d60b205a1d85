import {
  serviceDatabase,
  platformTable,
  queueTable,
  standardTables,
  tenantTable,
  workerReadableTable,
} from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const db = serviceDatabase('auth-mfa');
const s = db.schema;

const directory = [
  `create table ${s}.known_tenant (
    tenant_id text not null,
    name text not null,
    status text not null,
    version int not null,
    created_at timestamptz not null,
    constraint known_tenant_pkey primary key (tenant_id)
  )`,
  ...workerReadableTable(db, 'known_tenant'),
  `create table ${s}.known_user (
    tenant_id text not null,
    user_id text not null,
    login text not null,
    first_name text not null,
    last_name text not null,
    email text,
    mobile text,
    roles text[] not null,
    status text not null,
    version int not null,
    updated_at timestamptz not null,
    constraint known_user_pkey primary key (tenant_id, user_id)
  )`,
  ...tenantTable(db, 'known_user'),
];

const credentials = [
  `create table ${s}.credential (
    tenant_id text not null,
    user_id text not null,
    login_key text not null,
    password_hash text,
    one_time boolean not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    first_login_at timestamptz,
    version int not null,
    constraint credential_pkey primary key (tenant_id, user_id)
  )`,
  // Not unique: a failed create leaves an orphan until it is swept, and the login may be taken again at once.
  `create index credential__login_key on ${s}.credential (tenant_id, login_key, created_at)`,
  ...tenantTable(db, 'credential'),
  `create table ${s}.password_history (
    tenant_id text not null,
    user_id text not null,
    version int not null,
    password_hash text not null,
    changed_at timestamptz not null,
    constraint password_history_pkey primary key (tenant_id, user_id, version)
  )`,
  ...tenantTable(db, 'password_history', 'select, insert, delete'),
  // A timer, not a secret: whose user has to be asked for before the credential counts as an orphan.
  `create table ${s}.unconfirmed_credential (
    tenant_id text not null,
    user_id text not null,
    created_at timestamptz not null,
    constraint unconfirmed_credential_pkey primary key (tenant_id, user_id)
  )`,
  `create index unconfirmed_credential__created_at on ${s}.unconfirmed_credential (created_at)`,
  ...queueTable(db, 'unconfirmed_credential'),
];

const logins = [
  `create table ${s}.login_transaction (
    tenant_id text not null,
    secret_sha256 bytea not null,
    id text not null,
    user_id text not null,
    state text not null,
    credential_version int not null,
    amr text[] not null,
    client_ip text,
    user_agent text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    consumed_at timestamptz,
    version int not null,
    constraint login_transaction_pkey primary key (tenant_id, secret_sha256)
  )`,
  `create index login_transaction__expires_at on ${s}.login_transaction (tenant_id, expires_at)`,
  ...tenantTable(db, 'login_transaction'),
  `create table ${s}.login_back_off (
    tenant_id text not null,
    login_mac bytea not null,
    network_mac bytea not null,
    failures int not null,
    blocked_until timestamptz,
    window_started_at timestamptz,
    last_success_at timestamptz,
    touched_at timestamptz not null,
    constraint login_back_off_pkey primary key (tenant_id, login_mac, network_mac)
  ) with (fillfactor = 80)`,
  `create index login_back_off__touched_at on ${s}.login_back_off (touched_at)`,
  // Swept across tenants by age: rows of tenants that do not exist are among them.
  ...queueTable(db, 'login_back_off'),
];

const sessions = [
  `create table ${s}.session (
    tenant_id text not null,
    id text not null,
    user_id text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    auth_time timestamptz not null,
    amr text[] not null,
    acr text not null,
    first_login boolean not null,
    client_ip text,
    user_agent text,
    ended_at timestamptz,
    end_reason text,
    constraint session_pkey primary key (tenant_id, id)
  )`,
  `create index session__user_id on ${s}.session (tenant_id, user_id, created_at)`,
  `create index session__expires_at on ${s}.session (tenant_id, expires_at)`,
  ...tenantTable(db, 'session'),
  `create table ${s}.refresh_token (
    tenant_id text not null,
    token_sha256 bytea not null,
    session_id text not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint refresh_token_pkey primary key (tenant_id, token_sha256)
  )`,
  `create index refresh_token__session_id on ${s}.refresh_token (tenant_id, session_id)`,
  ...tenantTable(db, 'refresh_token'),
  `create table ${s}.revocation (
    tenant_id text not null,
    id uuid not null,
    xid bigint not null,
    kind text not null,
    subject text not null,
    issued_before bigint not null,
    code text not null,
    expires_at timestamptz not null,
    constraint revocation_pkey primary key (tenant_id, id)
  )`,
  `create index revocation__xid on ${s}.revocation (xid)`,
  `create index revocation__subject on ${s}.revocation (tenant_id, kind, subject)`,
  `create index revocation__expires_at on ${s}.revocation (expires_at)`,
  // Read across tenants by the stream that every service follows.
  ...queueTable(db, 'revocation'),
];

const principals = [
  `create table ${s}.endpoint_principal (
    tenant_id text not null,
    endpoint_id text not null,
    principal_id text not null,
    roles text[] not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    constraint endpoint_principal_pkey primary key (tenant_id, endpoint_id)
  )`,
  ...tenantTable(db, 'endpoint_principal'),
  `create table ${s}.api_key (
    tenant_id text not null,
    id text not null,
    name text not null,
    secret_sha256 bytea not null,
    roles text[] not null,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_pkey primary key (tenant_id, id)
  )`,
  `create unique index api_key__secret_sha256 on ${s}.api_key (tenant_id, secret_sha256)`,
  ...tenantTable(db, 'api_key'),
];

const keys = [
  `create table ${s}.signing_key (
    kid text not null,
    purpose text not null,
    public_jwk jsonb,
    secret_sealed bytea not null,
    created_at timestamptz not null,
    active_from timestamptz not null,
    constraint signing_key_pkey primary key (kid)
  )`,
  ...platformTable(db, 'signing_key'),
];

/** Everything that auth-mfa's first part keeps: what it knows of users, credentials, logins, sessions, principals, keys. */
export class CreateAuthMfa1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...standardTables(db),
      ...directory,
      ...credentials,
      ...logins,
      ...sessions,
      ...principals,
      ...keys,
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'known_tenant', 'known_user', 'credential', 'password_history', 'unconfirmed_credential', 'login_transaction',
      'login_back_off', 'session', 'refresh_token', 'revocation', 'endpoint_principal', 'api_key', 'signing_key',
      'outbox', 'inbox', 'idempotency_key',
    ]; // prettier-ignore
    for (const table of tables) await runner.query(`drop table ${s}.${table}`);
  }
}
