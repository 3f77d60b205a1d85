import { z } from 'zod';

/** What a principal may do in its tenant: everything; its own workspace; read; users and factor resets; its applications. */
export const ROLES = ['ORG_ADMIN', 'USER', 'AUDITOR', 'HELPDESK', 'APP_OWNER'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** Roles whose rights `granted` includes, so that nobody hands out more than it has. */
export function coversRoles(granted: readonly Role[], wanted: readonly Role[]): boolean {
  return granted.includes('ORG_ADMIN') || wanted.every(role => granted.includes(role));
}
