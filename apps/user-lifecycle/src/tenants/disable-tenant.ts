import { TenantDisabled } from '@countersign/contracts';
import { notFound, tenantId as toTenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { TenantRepository, type Tenant } from './tenant.repository.js';

/** Shuts a tenant: no login, tokens are void. Repeating it changes nothing. */
@Injectable()
export class DisableTenant {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 404 */
  execute(slug: string): Promise<Tenant> {
    return this.uow.run(toTenantId(slug), async tx => {
      const before = await this.tenants.lock(tx);
      if (!before) throw notFound('tenant');
      if (before.status === 'disabled') return before;
      const tenant: Tenant = { ...before, status: 'disabled', version: before.version + 1 };
      await this.tenants.save(tx, tenant);
      await this.outbox.add(tx, TenantDisabled, tenant.id, { tenant, aggregateVersion: tenant.version });
      await recordAudit(this.outbox, tx, {
        action: 'tenant.disabled',
        target: { type: 'tenant', id: tenant.id },
        changes: { status: { before: before.status, after: tenant.status } },
      });
      return tenant;
    });
  }
}
