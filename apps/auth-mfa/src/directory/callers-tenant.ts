import { currentContext, DomainError, type TenantId } from '@countersign/kernel';

/** The tenant that a service calls for. @throws DomainError 400 when it named none */
export function callersTenant(): TenantId {
  const tenant = currentContext()?.tenantId;
  if (!tenant) throw new DomainError('tenant_missing', 'malformed', 'Send the tenant as x-countersign-tenant');
  return tenant;
}
