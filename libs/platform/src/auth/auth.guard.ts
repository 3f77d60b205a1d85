import { currentContext, type Actor, DomainError, isTenantId } from '@countersign/kernel';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS, type Access, type AuthenticatedRequest } from './auth.decorators.js';
import { AccessTokenVerifier } from './access-token-verifier.js';
import { actorOf, toPrincipal } from './principal.js';
import { ACTOR_HEADER, CLIENT_HEADER, SERVICE_HEADER, ServiceTokens, TENANT_HEADER } from './service-tokens.js';

/** The one guard of every service: closed unless the route says who may enter; sets principal, tenant and actor. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly accessTokens: AccessTokenVerifier,
    private readonly serviceTokens: ServiceTokens,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (execution.getType() !== 'http') return true;
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      execution.getHandler(),
      execution.getClass(),
    ]);
    const request = execution.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!access) throw new DomainError('forbidden', 'forbidden', 'This route is not open to anyone');
    await this.readCaller(request, access.kind === 'internal');
    if (access.kind === 'public') return true;
    if (access.kind === 'internal') {
      if (!request.caller || !access.callers.includes(request.caller)) {
        throw new DomainError('forbidden', 'forbidden', 'This service may not call this route');
      }
      return true;
    }
    const principal = toPrincipal(await this.accessTokens.verify(bearer(request)));
    request.principal = principal;
    const context = currentContext();
    if (context) Object.assign(context, { tenantId: principal.tenantId, actor: actorOf(principal) });
    if (access.kind === 'roles' && !access.roles.some(role => principal.roles.includes(role))) {
      throw new DomainError('forbidden', 'forbidden', `This needs one of the roles ${access.roles.join(', ')}`);
    }
    return true;
  }

  /** Tenant and client address of the headers count only beside a valid service token. */
  private async readCaller(request: AuthenticatedRequest, required: boolean): Promise<void> {
    const token = header(request, SERVICE_HEADER);
    if (!token) {
      if (required) throw new DomainError('invalid_service_token', 'unauthenticated', 'A service token is needed');
      return;
    }
    request.caller = await this.serviceTokens.verify(token);
    const context = currentContext();
    if (!context) return;
    context.clientIp = header(request, CLIENT_HEADER) ?? context.clientIp;
    if (!required) return;
    const tenant = header(request, TENANT_HEADER);
    if (isTenantId(tenant)) context.tenantId = tenant;
    context.actor = parseActor(header(request, ACTOR_HEADER)) ?? {
      type: request.caller === 'operator' ? 'operator' : 'service',
      id: request.caller,
    };
  }
}

const ACTOR_TYPES: readonly string[] = [
  'user',
  'endpoint',
  'api_key',
  'operator',
  'service',
  'system',
] satisfies Actor['type'][];

function parseActor(text: string | undefined): Actor | undefined {
  const [type = '', id, delegateeId] = (text ?? '').split(':');
  return id && ACTOR_TYPES.includes(type)
    ? { type: type as Actor['type'], id, ...(delegateeId ? { delegateeId } : {}) }
    : undefined;
}

function header(request: AuthenticatedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function bearer(request: AuthenticatedRequest): string {
  const match = /^Bearer ([^\s]+)$/i.exec(header(request, 'authorization') ?? '');
  if (!match)
    throw new DomainError('unauthenticated', 'unauthenticated', 'Send an access token as Authorization: Bearer');
  return match[1]!;
}
