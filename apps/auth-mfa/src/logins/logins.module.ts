import { Module } from '@nestjs/common';
import { BackOffModule } from '../back-off/back-off.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AdvanceLogin } from './advance-login.js';
import { ChangeLoginPassword } from './change-login-password.js';
import { LoginMetrics } from './login-metrics.js';
import { LoginTransactionRepository } from './login-transaction.repository.js';
import { LoginsController } from './logins.controller.js';
import { OpenLogin } from './open-login.js';
import { ReadLoginState } from './read-login-state.js';
import { RecordFailedLogin } from './record-failed-login.js';
import { StartLogin } from './start-login.js';

@Module({
  imports: [BackOffModule, CredentialsModule, DirectoryModule, SessionsModule],
  controllers: [LoginsController],
  providers: [
    LoginTransactionRepository,
    AdvanceLogin,
    OpenLogin,
    StartLogin,
    ReadLoginState,
    ChangeLoginPassword,
    RecordFailedLogin,
    LoginMetrics,
  ],
  exports: [LoginTransactionRepository],
})
export class LoginsModule {}
