import { serviceDatabase } from '@countersign/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const { schema } = serviceDatabase('webhook-dispatcher');

/**
 * A claim makes a new version of its row, and with it an entry in every index of the queue. What expires is looked for among
 * the unclaimed alone. That an event goes to an endpoint once is the inbox's doing: the event's id is made by the transaction
 * that inserts its deliveries, so a second one never has it.
 */
export class ClaimWithFewerIndexes1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index ${schema}.delivery__event_endpoint`);
    await runner.query(`drop index ${schema}.delivery__expires_at`);
    await runner.query(`create index delivery__expires_at on ${schema}.delivery (expires_at) where claim_id is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index ${schema}.delivery__expires_at`);
    await runner.query(`create index delivery__expires_at on ${schema}.delivery (expires_at)`);
    await runner.query(
      `create unique index delivery__event_endpoint on ${schema}.delivery (tenant_id, event_id, endpoint_id)`,
    );
  }
}
