import type { TenantId } from '@countersign/kernel';
import type { Caller } from './user-permissions.js';

/** Asks that a user goes to another state. */
export interface MoveUserCommand {
  tenantId: TenantId;
  caller: Caller;
  userId: string;
  ifMatch?: string;
  dryRun: boolean;
}
