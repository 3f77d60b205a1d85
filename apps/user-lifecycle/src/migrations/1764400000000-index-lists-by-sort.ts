import { serviceDatabase } from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const s = serviceDatabase('user-lifecycle').schema;

/** Index of `users` by the columns of one sort: before, and after this migration with `deleted` in front of them. */
const SORTS: Readonly<Record<string, string>> = {
  login_key: 'login_key, id',
  name: 'last_name_key, first_name_key, id',
  created_at: 'created_at, id',
  updated_at: 'updated_at, id',
};

/**
 * Lists of users leave deleted ones out without walking over them, and the audit rows of one trace, which can be those of a
 * whole import, are read in order of time. The indexes are built in the transaction, which keeps writers out: on a large
 * installation that is minutes.
 */
export class IndexListsBySort1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `alter table ${s}.users add column deleted boolean not null default false`,
      `update ${s}.users set deleted = true where status = 'deleted'`,
      `alter table ${s}.users add constraint users_deleted check (deleted = (status = 'deleted'))`,
      ...Object.entries(SORTS).flatMap(([name, columns]) => index(name, `deleted, ${columns}`)),
      `drop index ${s}.audit_log__trace_id`,
      `create index audit_log__trace_id on ${s}.audit_log (tenant_id, trace_id, at, id)`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      ...Object.entries(SORTS).flatMap(([name, columns]) => index(name, columns)),
      `alter table ${s}.users drop column deleted`,
      `drop index ${s}.audit_log__trace_id`,
      `create index audit_log__trace_id on ${s}.audit_log (tenant_id, trace_id)`,
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

function index(name: string, columns: string): string[] {
  return [`drop index ${s}.users__${name}`, `create index users__${name} on ${s}.users (tenant_id, ${columns})`];
}
