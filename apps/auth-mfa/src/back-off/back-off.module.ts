import { Module } from '@nestjs/common';
import { TokensModule } from '../tokens/tokens.module.js';
import { LoginBackOff } from './login-back-off.js';
import { LoginBackOffRepository } from './login-back-off.repository.js';

@Module({
  imports: [TokensModule],
  providers: [LoginBackOffRepository, LoginBackOff],
  exports: [LoginBackOff, LoginBackOffRepository],
})
export class BackOffModule {}
