import { DomainError, notFound } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import type { Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { TenantRepository } from '../tenants/tenant.repository.js';
import { UserRepository } from './user.repository.js';
import type { meSchema } from './user.schema.js';

export type Me = z.output<typeof meSchema>;

/** The signed-in user with its tenant's name and how it logged in. */
@Injectable()
export class ReadMe {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly users: UserRepository,
    private readonly tenants: TenantRepository,
  ) {}

  /** @throws DomainError 403 `not_a_person`; 404 when the user is gone */
  execute(principal: Principal): Promise<Me> {
    assertPerson(principal);
    return this.uow.run(principal.tenantId, async tx => {
      const user = await this.users.find(tx, principal.userId);
      const tenant = await this.tenants.find(tx);
      if (!user || !tenant) throw notFound('user');
      const { acr, authTime } = principal;
      return { ...user, tenant: { id: tenant.id, name: tenant.name }, acr, authTime: authTime ?? null };
    });
  }
}

/** @throws DomainError 403 for an endpoint's principal or an API key, behind which there is no user */
export function assertPerson(principal: Principal): void {
  if (principal.kind === 'user') return;
  throw new DomainError('not_a_person', 'forbidden', 'Only a person has a profile of its own; use /v1/users');
}
