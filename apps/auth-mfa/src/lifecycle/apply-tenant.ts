import type { EventData, TenantCreated } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { RevokeTokens } from '../revocations/revoke-tokens.js';
import { ENDPOINT_TOKEN_SECONDS_MAX } from '../tokens/token-lives.js';

/** Takes over a tenant's state; a disabled tenant's tokens, of people, keys and endpoints alike, are void. */
@Injectable()
export class ApplyTenant {
  constructor(
    private readonly directory: DirectoryRepository,
    private readonly revokeTokens: RevokeTokens,
  ) {}

  async execute(tx: TenantTransaction, { tenant }: EventData<typeof TenantCreated>): Promise<void> {
    const { before, applied } = await this.directory.saveTenant(tx, tenant);
    if (!applied || tenant.status !== 'disabled' || before?.status === 'disabled') return;
    await this.revokeTokens.execute(tx, {
      kind: 'tenant',
      subjects: [tx.tenantId],
      longestLife: ENDPOINT_TOKEN_SECONDS_MAX,
    });
  }
}
