import { BUS_DATABASE, busTable } from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log with its heads, and where each consumer group stands in it. */
export class CreateBus1764000000000 implements MigrationInterface {
  readonly name = 'CreateBus1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const s = BUS_DATABASE.schema;
    const statements = [
      ...busTable('migrations'),
      `create table ${s}.bus_head (
        topic text not null,
        part int not null,
        next_off bigint not null,
        constraint bus_head_pkey primary key (topic, part)
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,
      ...busTable('bus_head'),
      `create table ${s}.bus_log (
        tenant_id text not null,
        topic text not null,
        part int not null,
        off bigint not null,
        key text,
        headers jsonb not null,
        payload bytea,
        at timestamptz not null default clock_timestamp(),
        constraint bus_log_pkey primary key (tenant_id, topic, part, off)
      )`,
      `create index bus_log__topic_part_off on ${s}.bus_log (topic, part, off)`,
      `create index bus_log__at on ${s}.bus_log using brin (at)`,
      ...busTable('bus_log'),
      `create table ${s}.bus_cursor (
        grp text not null,
        topic text not null,
        part int not null,
        off bigint not null,
        owner text,
        epoch bigint not null default 0,
        constraint bus_cursor_pkey primary key (grp, topic, part)
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,
      ...busTable('bus_cursor'),
      `create table ${s}.bus_member (
        grp text not null,
        member text not null,
        topics text[] not null,
        lease timestamptz not null,
        constraint bus_member_pkey primary key (grp, member)
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,
      ...busTable('bus_member'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['bus_member', 'bus_cursor', 'bus_log', 'bus_head']) {
      await runner.query(`drop table ${BUS_DATABASE.schema}.${table}`);
    }
  }
}
