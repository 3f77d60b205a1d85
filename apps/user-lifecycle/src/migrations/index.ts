import { CreateUserLifecycle1763900000000 } from './1763900000000-create-user-lifecycle.js';
import { CreateOperations1764300000000 } from './1764300000000-create-operations.js';
import { IndexListsBySort1764400000000 } from './1764400000000-index-lists-by-sort.js';

/** Every migration of this service, oldest first. */
export const migrations = [
  CreateUserLifecycle1763900000000,
  CreateOperations1764300000000,
  IndexListsBySort1764400000000,
];
