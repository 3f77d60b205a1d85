import type { Role } from '@countersign/contracts';
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Principal } from './principal.js';

export const ACCESS = 'countersign:access';

/** Who may call a route. Without a decorator a route is closed to everybody: the guard refuses it. */
export type Access =
  | { kind: 'public' }
  | { kind: 'signed-in' }
  | { kind: 'roles'; roles: readonly Role[] }
  | { kind: 'internal'; callers: readonly string[] };

/** No token at all, or one that the route reads itself (login, JWKS). */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);
/** Any principal of the tenant. */
export const SignedIn = () => SetMetadata(ACCESS, { kind: 'signed-in' } satisfies Access);
/** A principal that has one of the roles. */
export const Roles = (...roles: Role[]) => SetMetadata(ACCESS, { kind: 'roles', roles } satisfies Access);
/** The named services only, by their own svc+jwt; for paths under /internal. */
export const Internal = (...callers: string[]) => SetMetadata(ACCESS, { kind: 'internal', callers } satisfies Access);

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

/** The service that calls an @Internal route. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('@Caller on a route without @Internal');
  return caller;
});
