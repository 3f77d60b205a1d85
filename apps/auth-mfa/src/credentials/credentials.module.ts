import { Module } from '@nestjs/common';
import { BackOffModule } from '../back-off/back-off.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ChangeOwnPassword } from './change-own-password.js';
import { CheckNewPassword } from './check-new-password.js';
import { CredentialRepository } from './credential.repository.js';
import { CredentialsController } from './credentials.controller.js';
import { Argon2PasswordHasher, PasswordHasher } from './password-hasher.js';
import { PasswordHashing } from './password-hashing.js';
import { PasswordPolicyController } from './password-policy.controller.js';
import { PasswordsController } from './passwords.controller.js';
import { ResetPassword } from './reset-password.js';
import { SetCredential } from './set-credential.js';
import { StorePassword } from './store-password.js';
import { SweepOrphanedCredentials } from './sweep-orphaned-credentials.js';

@Module({
  imports: [BackOffModule, DirectoryModule, SessionsModule],
  controllers: [CredentialsController, PasswordPolicyController, PasswordsController],
  providers: [
    { provide: PasswordHasher, useClass: Argon2PasswordHasher },
    PasswordHashing,
    CredentialRepository,
    CheckNewPassword,
    StorePassword,
    SetCredential,
    ChangeOwnPassword,
    ResetPassword,
    SweepOrphanedCredentials,
  ],
  exports: [PasswordHashing, CredentialRepository, CheckNewPassword, StorePassword, SweepOrphanedCredentials],
})
export class CredentialsModule {}
