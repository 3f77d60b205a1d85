import { GroupSnapshot, TenantSnapshot, UserSnapshot } from '@countersign/contracts';
import { notFound, tenantId as toTenantId, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { retrySerialization, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { GroupRepository } from '../groups/group.repository.js';
import { TenantRepository } from '../tenants/tenant.repository.js';
import { UserRepository } from '../users/user.repository.js';
import { AGGREGATES, type RepublishBody, type Republished } from './republish.schema.js';

/** Aggregates that are re-emitted in one transaction. */
const BATCH = 200;

/**
 * Re-emits current state as `*.snapshot` events, which only read models consume: a consumer group that is new, or lost its
 * data, starts from them. Each batch is read under row locks and goes through the outbox, so that a snapshot is never
 * sent after a change that it does not know of. May be repeated; versions make it harmless.
 */
@Injectable()
export class Republish {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly groups: GroupRepository,
    private readonly users: UserRepository,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 404 for a tenant that is not there */
  async execute({ tenant, aggregate }: RepublishBody): Promise<Republished> {
    const wanted = aggregate ? [aggregate] : AGGREGATES;
    const done: Republished = { tenants: 0, groups: 0, users: 0 };
    for await (const tenantId of tenant ? [toTenantId(tenant)] : this.allTenants()) {
      const known = await this.uow.run(tenantId, tx => this.republishTenant(tx, wanted.includes('tenant')));
      if (!known) throw notFound('tenant');
      if (wanted.includes('tenant')) done.tenants++;
      if (wanted.includes('group'))
        done.groups += await this.inBatches(tenantId, (tx, after) => this.republishGroups(tx, after));
      if (wanted.includes('user'))
        done.users += await this.inBatches(tenantId, (tx, after) => this.republishUsers(tx, after));
    }
    return done;
  }

  private async *allTenants(): AsyncGenerator<TenantId> {
    let after = '';
    for (;;) {
      const batch = await this.uow.system('republish', tx => this.tenants.listAll(tx, after, BATCH));
      for (const { id } of batch) yield toTenantId(id);
      if (batch.length < BATCH) return;
      after = batch.at(-1)!.id;
    }
  }

  /** Runs batches until one is not full. @returns how many were re-emitted */
  private async inBatches(
    tenantId: TenantId,
    batch: (tx: TenantTransaction, after: string) => Promise<string[]>,
  ): Promise<number> {
    let count = 0;
    let after = '';
    for (;;) {
      const ids = await retrySerialization(() => this.uow.run(tenantId, tx => batch(tx, after)));
      count += ids.length;
      if (ids.length < BATCH) return count;
      after = ids.at(-1)!;
    }
  }

  private async republishTenant(tx: TenantTransaction, emit: boolean): Promise<boolean> {
    const tenant = await this.tenants.lock(tx);
    if (tenant && emit)
      await this.outbox.add(tx, TenantSnapshot, tenant.id, { tenant, aggregateVersion: tenant.version });
    return tenant !== undefined;
  }

  private async republishGroups(tx: TenantTransaction, after: string): Promise<string[]> {
    const groups = await this.groups.lockBatch(tx, after, BATCH);
    await this.outbox.addMany(
      tx,
      groups.map(group => ({
        tenantId: tx.tenantId,
        event: GroupSnapshot,
        subject: group.id,
        data: { group, aggregateVersion: group.version },
      })),
    );
    return groups.map(group => group.id);
  }

  private async republishUsers(tx: TenantTransaction, after: string): Promise<string[]> {
    const users = await this.users.lockBatch(tx, after, BATCH);
    await this.outbox.addMany(
      tx,
      users.map(user => ({
        tenantId: tx.tenantId,
        event: UserSnapshot,
        subject: user.id,
        data: { user, aggregateVersion: user.version },
      })),
    );
    return users.map(user => user.id);
  }
}
