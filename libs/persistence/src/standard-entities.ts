import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EntityClass } from './data-source.js';

/** An event on its way to the bus; the relay deletes it once the bus has it. */
@Entity({ name: 'outbox' })
@Index('outbox__id', { synchronize: false })
export class OutboxEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'outbox_pkey' })
  tenantId!: string;

  @PrimaryColumn({
    name: 'id',
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'outbox_pkey',
  })
  id!: string;

  @Column({ name: 'topic', type: 'text' })
  topic!: string;

  @Column({ name: 'part', type: 'int' })
  part!: number;

  @Column({ name: 'key', type: 'text' })
  key!: string;

  @Column({ name: 'headers', type: 'jsonb' })
  headers!: Record<string, string>;

  @Column({ name: 'payload', type: 'text' })
  payload!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt!: Date;
}

/** An event that a handler has handled: its effect was committed together with this row. */
@Entity({ name: 'inbox' })
@Index('inbox__handled_at', { synchronize: false })
export class InboxEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'inbox_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'handler', type: 'text', primaryKeyConstraintName: 'inbox_pkey' })
  handler!: string;

  @PrimaryColumn({ name: 'event_id', type: 'uuid', primaryKeyConstraintName: 'inbox_pkey' })
  eventId!: string;

  @Column({ name: 'handled_at', type: 'timestamptz', default: () => 'now()' })
  handledAt!: Date;
}

/** A request with an Idempotency-Key: leased while it runs, then its answer, sealed. */
@Entity({ name: 'idempotency_key' })
@Index('idempotency_key__created_at', { synchronize: false })
export class IdempotencyKeyEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'principal', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  principal!: string;

  @PrimaryColumn({ name: 'method', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  method!: string;

  @PrimaryColumn({ name: 'path', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  path!: string;

  @PrimaryColumn({ name: 'key', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  key!: string;

  @Column({ name: 'fingerprint', type: 'bytea' })
  fingerprint!: Buffer;

  @Column({ name: 'locked_until', type: 'timestamptz', nullable: true })
  lockedUntil!: Date | null;

  @Column({ name: 'answer', type: 'bytea', nullable: true })
  answer!: Buffer | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}

/** The entities of standardTables(). */
export const standardEntities: readonly EntityClass[] = [OutboxEntity, InboxEntity, IdempotencyKeyEntity];
