import type { IssuedToken } from '@countersign/contracts';
import { DomainError, type Clock } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { IssueAccessToken } from '../tokens/issue-access-token.js';
import { readOpaqueSecret } from '../tokens/opaque-secret.js';
import { API_KEY_TOKEN_SECONDS } from '../tokens/token-lives.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { API_KEY_PREFIX } from './create-api-key.js';

/** Trades an API key for a token of 60 s, so that no service but this one ever checks a key. */
@Injectable()
export class ExchangeApiKey {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly apiKeys: ApiKeyRepository,
    private readonly directory: DirectoryRepository,
    private readonly issueAccessToken: IssueAccessToken,
  ) {}

  /** @throws DomainError 401 `invalid_api_key`, the same for unknown, expired and revoked */
  async execute(key: string): Promise<IssuedToken> {
    const { tenantId, sha256 } = readOpaqueSecret(key, API_KEY_PREFIX);
    return this.uow.run(tenantId, async tx => {
      const now = this.clock.now();
      // The update holds the row: a revocation comes before or after, never in between.
      const apiKey = await this.apiKeys.use(tx, sha256, now);
      const tenantStatus = await this.directory.holdTenantStatus(tx);
      if (!apiKey || tenantStatus === 'disabled') {
        throw new DomainError('invalid_api_key', 'unauthenticated', 'The API key is unknown, expired or revoked');
      }
      const left = apiKey.expiresAt ? Math.ceil((apiKey.expiresAt.getTime() - now.getTime()) / 1000) : Infinity;
      const issued = await this.issueAccessToken.execute(
        tx,
        {
          sub: `api_key:${apiKey.id}`,
          userId: apiKey.id,
          roles: apiKey.roles,
          sessionId: apiKey.id,
          firstLogin: false,
          amr: ['key'],
          acr: 'key',
        },
        Math.min(API_KEY_TOKEN_SECONDS, left),
      );
      return { accessToken: issued.accessToken, expiresAt: issued.expiresAt.toISOString() };
    });
  }
}
