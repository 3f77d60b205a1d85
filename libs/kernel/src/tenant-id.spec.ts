import { describe, expect, it } from 'vitest';
import { isTenantId, splitTenantSecret, tenantId } from './tenant-id.js';

describe('tenantId', () => {
  it.each(['ab', 'acme', 'a-b', '42', 'a'.repeat(32)])('accepts %s', slug => {
    expect(tenantId(slug)).toBe(slug);
  });

  it.each(['', 'a', 'A1', '-ab', 'ab-', 'a_b', 'a.b', 'a'.repeat(33), 'ä-b', 'ab\n'])('refuses %j', slug => {
    expect(isTenantId(slug)).toBe(false);
    expect(() => tenantId(slug)).toThrow(expect.objectContaining({ code: 'invalid_tenant' }));
  });
});

describe('splitTenantSecret', () => {
  it('splits at the first dot', () => {
    expect(splitTenantSecret('acme.abc.def')).toEqual({ tenantId: 'acme', secret: 'abc.def' });
  });

  it.each(['', 'acme', 'acme.', '.abc', 'ACME.abc'])('answers undefined for %j', text => {
    expect(splitTenantSecret(text)).toBeUndefined();
  });
});
