import type { Role, User } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';

/** Who acts, as far as it decides what may be done: a person, an endpoint's principal and an API key act by their roles. */
export interface Caller {
  userId: string;
  roles: readonly Role[];
}

/** Roles are an ORG_ADMIN's to give. @throws DomainError 403 `roles_forbidden` */
export function assertMaySetRoles(caller: Caller, roles: readonly Role[] | undefined): void {
  if (roles === undefined || caller.roles.includes('ORG_ADMIN')) return;
  const message = 'Only an ORG_ADMIN sets roles; leave them out';
  throw new DomainError('roles_forbidden', 'forbidden', message, {
    errors: [{ pointer: '/roles', code: 'roles_forbidden', message }],
  });
}

/**
 * Who is no ORG_ADMIN must not get at an ORG_ADMIN's account, be it by changing the address that a password reset goes to.
 * @throws DomainError 403 `administrator_protected`
 */
export function assertMayChange(caller: Caller, user: User): void {
  if (caller.roles.includes('ORG_ADMIN') || caller.userId === user.id || !user.roles.includes('ORG_ADMIN')) return;
  throw new DomainError(
    'administrator_protected',
    'forbidden',
    'Only an ORG_ADMIN changes the account of an ORG_ADMIN',
  );
}
