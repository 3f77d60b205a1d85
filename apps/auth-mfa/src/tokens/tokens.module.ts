import { Module } from '@nestjs/common';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { IssueAccessToken } from './issue-access-token.js';
import { JwksController } from './jwks.controller.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SigningKeysController } from './signing-keys.controller.js';
import { SigningKeys } from './signing-keys.js';

@Module({
  imports: [RevocationsModule],
  controllers: [JwksController, SigningKeysController],
  providers: [SigningKeyRepository, SigningKeys, IssueAccessToken],
  exports: [SigningKeys, IssueAccessToken],
})
export class TokensModule {}
