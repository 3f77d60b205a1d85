import type { Role } from '@countersign/contracts';
import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { Principal } from './principal.js';

export const ACCESS = 'countersign:access';

/** Who may call a route. Without a decorator a route is closed to everybody: the guard refuses it. */
export type Access =
  | { kind: 'public' }
  | { kind: 'signed-in' }
  | { kind: 'roles'; roles: readonly Role[] }
  | { kind: 'internal'; callers: readonly string[] };

const access = (value: Access) => SetMetadata(ACCESS, value);

/** No token at all, or one that the route reads itself (login, JWKS). */
export const Public = () => access({ kind: 'public' });
/** Any principal of the tenant. */
export const SignedIn = () => applyDecorators(access({ kind: 'signed-in' }), ApiBearerAuth());
/** A principal that has one of the roles. */
export const Roles = (...roles: Role[]) =>
  applyDecorators(access({ kind: 'roles', roles }), ApiBearerAuth(), ApiExtension('x-roles', roles));
/** The named services only, by their own svc+jwt; for paths under /internal. */
export const Internal = (...callers: string[]) => access({ kind: 'internal', callers });

export interface AuthenticatedRequest {
  headers: Record<string, string | string[] | undefined>;
  principal?: Principal;
  caller?: string;
}

/** The verified principal of the request. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('@CurrentPrincipal on a route without @SignedIn or @Roles');
  return principal;
});
