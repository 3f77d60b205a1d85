import type { TenantId } from '@countersign/kernel';

/**
 * Stands for the tenant of whatever names none. It is no slug (those have two characters or more), so row-level security
 * shows it no row and nobody can ever own it: a malformed tenant costs the same statements as an unknown one.
 */
export const NO_TENANT = '0' as TenantId;
