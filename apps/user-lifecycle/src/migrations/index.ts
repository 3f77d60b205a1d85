import { CreateUserLifecycle1763900000000 } from './1763900000000-create-user-lifecycle.js';

/** Every migration of this service, oldest first. */
export const migrations = [CreateUserLifecycle1763900000000];
