import { CredentialEntity } from './credentials/credential.entity.js';
import { PasswordHistoryEntity } from './credentials/password-history.entity.js';
import { UnconfirmedCredentialEntity } from './credentials/unconfirmed-credential.entity.js';
import { KnownTenantEntity } from './directory/known-tenant.entity.js';
import { KnownUserEntity } from './directory/known-user.entity.js';
import { LoginBackOffEntity } from './back-off/login-back-off.entity.js';
import { LoginTransactionEntity } from './logins/login-transaction.entity.js';
import { ApiKeyEntity } from './principals/api-key.entity.js';
import { EndpointPrincipalEntity } from './principals/endpoint-principal.entity.js';
import { RevocationEntity } from './revocations/revocation.entity.js';
import { RefreshTokenEntity } from './sessions/refresh-token.entity.js';
import { SessionEntity } from './sessions/session.entity.js';
import { SigningKeyEntity } from './tokens/signing-key.entity.js';

/** Every table of auth-mfa; the schema test compares them with the migrated database. */
export const entities = [
  KnownTenantEntity,
  KnownUserEntity,
  CredentialEntity,
  PasswordHistoryEntity,
  UnconfirmedCredentialEntity,
  LoginTransactionEntity,
  LoginBackOffEntity,
  SessionEntity,
  RefreshTokenEntity,
  RevocationEntity,
  EndpointPrincipalEntity,
  ApiKeyEntity,
  SigningKeyEntity,
];
