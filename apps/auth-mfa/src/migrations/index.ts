import { CreateAuthMfa1764000000000 } from './1764000000000-create-auth-mfa.js';

/** Every migration of auth-mfa, oldest first. */
export const migrations = [CreateAuthMfa1764000000000];
