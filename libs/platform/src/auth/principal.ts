import type { AccessTokenClaims, Role } from '@countersign/contracts';
import type { Actor, TenantId } from '@countersign/kernel';

/** Who calls, as its access token says. */
export interface Principal {
  tenantId: TenantId;
  userId: string;
  login: string;
  roles: readonly Role[];
  /** A person, a webhook endpoint's own principal, or an API key. */
  kind: 'user' | 'endpoint' | 'api_key';
  /** `ep_…` of an endpoint's principal, `key_…` of an API key. */
  id: string;
  sessionId: string;
  acr: string;
  authTime?: number;
  claims: AccessTokenClaims;
}

export function toPrincipal(claims: AccessTokenClaims): Principal {
  const [prefix, id] = claims.sub.includes(':') ? (claims.sub.split(':', 2) as [string, string]) : ['', ''];
  const kind =
    prefix === 'webhook' && id.startsWith('ep_')
      ? 'endpoint'
      : prefix === 'api_key' && id.startsWith('key_')
        ? 'api_key'
        : 'user';
  return {
    tenantId: claims.tenantId as TenantId,
    userId: claims.userId,
    login: claims.sub,
    roles: claims.roles,
    kind,
    id: kind === 'user' ? claims.userId : id,
    sessionId: claims.sid,
    acr: claims.acr,
    authTime: claims.auth_time,
    claims,
  };
}

export function actorOf(principal: Principal): Actor {
  const delegatee = principal.claims.delegateeId;
  return { type: principal.kind, id: principal.id, ...(delegatee ? { delegateeId: delegatee } : {}) };
}
