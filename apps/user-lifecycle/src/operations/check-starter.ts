import type { Role } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { TenantRepository } from '../tenants/tenant.repository.js';
import { UserRepository } from '../users/user.repository.js';
import type { Operation } from './operation.js';

/**
 * Whether the one who started an operation may still have it go on. Signing out does not stop it. A person acts with the
 * roles that it had at the start and still has; an API key or an endpoint with those of the start, which are not known here.
 */
@Injectable()
export class CheckStarter {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenants: TenantRepository,
    private readonly users: UserRepository,
  ) {}

  /**
   * @param needed roles of which the starter must have one
   * @returns the roles to act with
   * @throws DomainError 403 `tenant_disabled`, `starter_disabled`, `starter_forbidden`
   */
  execute(operation: Operation, needed: readonly Role[]): Promise<Role[]> {
    return this.uow.run(operation.tenantId, async tx => {
      const tenant = await this.tenants.find(tx);
      if (tenant?.status !== 'active')
        throw new DomainError('tenant_disabled', 'forbidden', 'The tenant was disabled; the rest was not done');
      const roles = await this.rolesOf(tx, operation);
      if (roles.some(role => needed.includes(role))) return roles;
      const message = `Whoever started this has none of the roles ${needed.join(', ')} any more; the rest was not done`;
      throw new DomainError('starter_forbidden', 'forbidden', message);
    });
  }

  private async rolesOf(tx: TenantTransaction, { starter }: Operation): Promise<Role[]> {
    if (starter.actor.type !== 'user') return [...starter.roles];
    const user = await this.users.find(tx, starter.userId);
    if (user?.status === 'active') return user.roles.filter(role => starter.roles.includes(role));
    const message = 'The account of whoever started this is not active any more; the rest was not done';
    throw new DomainError('starter_disabled', 'forbidden', message);
  }
}
