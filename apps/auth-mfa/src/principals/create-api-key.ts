import { coversRoles } from '@countersign/contracts';
import { DomainError, invalidField, newId, type Clock } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK, recordAudit, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { newOpaqueSecret } from '../tokens/opaque-secret.js';
import { ApiKeyRepository, type ApiKey } from './api-key.repository.js';
import type { createApiKeySchema } from './api-keys.schema.js';

export const API_KEY_PREFIX = 'csk_';

/** Makes an API key; the key itself is in the answer only. */
@Injectable()
export class CreateApiKey {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly apiKeys: ApiKeyRepository,
  ) {}

  /** @throws DomainError 403 `people_only`, 422 naming `/roles` or `/expiresAt` */
  async execute(
    principal: Principal,
    { name, roles, expiresAt }: z.output<typeof createApiKeySchema>,
  ): Promise<{ apiKey: ApiKey; key: string }> {
    const now = this.clock.now();
    if (principal.kind !== 'user') {
      throw new DomainError('people_only', 'forbidden', 'Only a person makes API keys, no key and no endpoint does');
    }
    if (!coversRoles(principal.roles, roles)) {
      throw invalidField('/roles', 'roles_exceed_caller', 'A key has no role that you lack; leave those out');
    }
    if (expiresAt !== undefined && new Date(expiresAt) <= now) {
      throw invalidField(
        '/expiresAt',
        'in_the_past',
        'Choose a time in the future, or leave it out for a key without end',
      );
    }
    const secret = newOpaqueSecret(principal.tenantId, API_KEY_PREFIX);
    const apiKey: ApiKey = {
      id: newId('key'),
      name,
      roles: [...new Set(roles)],
      createdBy: principal.userId,
      createdAt: now,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      lastUsedAt: null,
    };
    await this.uow.run(principal.tenantId, async tx => {
      await this.apiKeys.insert(tx, apiKey, secret.sha256);
      await recordAudit(this.outbox, tx, {
        action: 'api_key.created',
        target: { type: 'api_key', id: apiKey.id },
        changes: { name: { after: name }, roles: { after: apiKey.roles }, expiresAt: { after: expiresAt ?? null } },
      });
    });
    return { apiKey, key: secret.value };
  }
}
