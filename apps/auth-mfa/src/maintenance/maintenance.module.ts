import { Module } from '@nestjs/common';
import { BackOffModule } from '../back-off/back-off.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { LoginsModule } from '../logins/logins.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { Housekeeping } from './housekeeping.js';
import { SweepExpired } from './sweep-expired.js';

@Module({
  imports: [
    BackOffModule,
    CredentialsModule,
    DirectoryModule,
    LoginsModule,
    RevocationsModule,
    SessionsModule,
    TokensModule,
  ],
  providers: [SweepExpired, Housekeeping],
})
export class MaintenanceModule {}
