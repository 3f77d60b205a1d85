import type { User } from '@countersign/contracts';
import { notFound, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { UserRepository } from './user.repository.js';

/** One user, also a deleted one. */
@Injectable()
export class FindUser {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly users: UserRepository,
  ) {}

  /** @throws DomainError 404 */
  async execute(tenantId: TenantId, userId: string): Promise<User> {
    const user = await this.uow.run(tenantId, tx => this.users.find(tx, userId));
    if (!user) throw notFound('user');
    return user;
  }
}
