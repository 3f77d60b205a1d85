import { DomainError } from './domain-error.js';

declare const tenantIdBrand: unique symbol;

/** A tenant's slug, its only name everywhere: 2..32 of [a-z0-9-], not starting or ending with a hyphen; immutable, never reused. */
export type TenantId = string & { readonly [tenantIdBrand]: true };

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])$/;

export function isTenantId(value: unknown): value is TenantId {
  return typeof value === 'string' && SLUG.test(value);
}

/** @throws DomainError `invalid_tenant` when the text is no slug. */
export function tenantId(value: string): TenantId {
  if (!isTenantId(value)) {
    throw new DomainError(
      'invalid_tenant',
      'invalid',
      'A tenant slug has 2 to 32 characters of a-z, 0-9 and inner hyphens',
    );
  }
  return value;
}

/**
 * Splits a secret or id that arrives without a token (`<slug>.<rest>`), so that the tenant can be set before the look-up.
 * Answers undefined for anything that does not have that form; the caller treats it like an unknown secret.
 */
export function splitTenantSecret(value: string): { tenantId: TenantId; secret: string } | undefined {
  const dot = value.indexOf('.');
  if (dot < 0) return undefined;
  const slug = value.slice(0, dot);
  const secret = value.slice(dot + 1);
  return isTenantId(slug) && secret.length > 0 ? { tenantId: slug, secret } : undefined;
}
