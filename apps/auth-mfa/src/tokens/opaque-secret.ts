import { createHash, randomBytes } from 'node:crypto';
import { splitTenantSecret, type TenantId } from '@countersign/kernel';
import { NO_TENANT } from '../directory/no-tenant.js';

export interface OpaqueSecret {
  /** What the client gets, once: `<slug>.<43 characters>`, 256 random bits. */
  value: string;
  /** What is kept. A plain SHA-256 suffices: 256 random bits cannot be guessed from their hash. */
  sha256: Buffer;
}

export interface PresentedSecret {
  tenantId: TenantId;
  sha256: Buffer;
}

/** A new secret of the tenant. @param prefix written before the slug, e.g. `csk_` */
export function newOpaqueSecret(tenantId: TenantId, prefix = ''): OpaqueSecret {
  const secret = randomBytes(32).toString('base64url');
  return { value: `${prefix}${tenantId}.${secret}`, sha256: hash(secret) };
}

/** Reads a presented secret. One without the form of any gets a tenant that has none, so it is looked up in vain like the rest. */
export function readOpaqueSecret(value: string, prefix = ''): PresentedSecret {
  const parts = value.startsWith(prefix) ? splitTenantSecret(value.slice(prefix.length)) : undefined;
  return parts
    ? { tenantId: parts.tenantId, sha256: hash(parts.secret) }
    : { tenantId: NO_TENANT, sha256: hash(value) };
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
