import { notFound } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { cursorTimeSchema, decodeCursor, toPage, type Page, type Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ApiKeyRepository } from './api-key.repository.js';
import { apiKeyIdSchema, type apiKeySchema } from './api-keys.schema.js';
import { showApiKey } from './show-api-key.js';

const cursorSchema = z.object({ createdAt: cursorTimeSchema, id: apiKeyIdSchema });

/** The tenant's API keys, never their secrets. */
@Injectable()
export class ListApiKeys {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly apiKeys: ApiKeyRepository,
  ) {}

  async execute(
    { tenantId }: Principal,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<z.output<typeof apiKeySchema>>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema);
    const rows = await this.uow.run(tenantId, tx => this.apiKeys.list(tx, after, limit + 1));
    return toPage(rows, limit, showApiKey, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
  }

  /** @throws DomainError 404 */
  async one({ tenantId }: Principal, id: string): Promise<z.output<typeof apiKeySchema>> {
    const apiKey = await this.uow.run(tenantId, tx => this.apiKeys.find(tx, id));
    if (!apiKey) throw notFound('API key');
    return showApiKey(apiKey);
  }
}
