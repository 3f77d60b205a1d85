import { Module } from '@nestjs/common';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationRepository } from './revocation.repository.js';
import { RevocationsController } from './revocations.controller.js';
import { RevokeTokens } from './revoke-tokens.js';

@Module({
  controllers: [RevocationsController],
  providers: [RevocationRepository, RevokeTokens, RevocationFeed],
  exports: [RevocationRepository, RevokeTokens],
})
export class RevocationsModule {}
