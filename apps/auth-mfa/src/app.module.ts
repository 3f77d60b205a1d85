import { Module } from '@nestjs/common';
import { CredentialsModule } from './credentials/credentials.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { LoginsModule } from './logins/logins.module.js';
import { MaintenanceModule } from './maintenance/maintenance.module.js';
import { PrincipalsModule } from './principals/principals.module.js';
import { RevocationsModule } from './revocations/revocations.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TokensModule } from './tokens/tokens.module.js';

@Module({
  imports: [
    TokensModule,
    RevocationsModule,
    CredentialsModule,
    LoginsModule,
    SessionsModule,
    PrincipalsModule,
    LifecycleModule,
    MaintenanceModule,
  ],
})
export class AppModule {}
