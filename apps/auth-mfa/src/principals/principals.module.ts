import { Module } from '@nestjs/common';
import { DirectoryModule } from '../directory/directory.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { ApiKeyExchangeController } from './api-key-exchange.controller.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeysController } from './api-keys.controller.js';
import { CreateApiKey } from './create-api-key.js';
import { DeleteEndpointPrincipal } from './delete-endpoint-principal.js';
import { EndpointPrincipalRepository } from './endpoint-principal.repository.js';
import { EndpointTokensController } from './endpoint-tokens.controller.js';
import { ExchangeApiKey } from './exchange-api-key.js';
import { IssueEndpointToken } from './issue-endpoint-token.js';
import { ListApiKeys } from './list-api-keys.js';
import { RevokeApiKey } from './revoke-api-key.js';

@Module({
  imports: [DirectoryModule, RevocationsModule, TokensModule],
  controllers: [EndpointTokensController, ApiKeysController, ApiKeyExchangeController],
  providers: [
    EndpointPrincipalRepository,
    ApiKeyRepository,
    IssueEndpointToken,
    DeleteEndpointPrincipal,
    CreateApiKey,
    RevokeApiKey,
    ListApiKeys,
    ExchangeApiKey,
  ],
})
export class PrincipalsModule {}
