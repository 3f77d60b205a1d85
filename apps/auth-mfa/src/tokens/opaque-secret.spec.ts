import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { NO_TENANT } from '../directory/no-tenant.js';
import { newOpaqueSecret, readOpaqueSecret } from './opaque-secret.js';

const demo = tenantId('demo');

describe('opaque secrets', () => {
  it('carry the slug and 256 random bits, and are found again by their hash', () => {
    const secret = newOpaqueSecret(demo);
    expect(secret.value).toMatch(/^demo\.[A-Za-z0-9_-]{43}$/);
    expect(readOpaqueSecret(secret.value)).toEqual({ tenantId: demo, sha256: secret.sha256 });
    expect(newOpaqueSecret(demo).value).not.toBe(secret.value);
  });

  it('never keep what the client holds', () => {
    const secret = newOpaqueSecret(demo);
    expect(secret.sha256.toString('base64url')).not.toBe(secret.value.split('.')[1]);
    expect(secret.sha256).toHaveLength(32);
  });

  it('belong to no tenant when they have no form, or another prefix', () => {
    for (const value of [
      '',
      '.',
      'demo',
      'demo.',
      'DEMO.x',
      'x.y',
      `${newOpaqueSecret(demo).value.replace('demo', '-demo')}`,
    ]) {
      expect(readOpaqueSecret(value).tenantId).toBe(NO_TENANT);
    }
    const key = newOpaqueSecret(demo, 'csk_');
    expect(key.value).toMatch(/^csk_demo\./);
    expect(readOpaqueSecret(key.value, 'csk_').sha256).toEqual(key.sha256);
    expect(readOpaqueSecret(newOpaqueSecret(demo).value, 'csk_').tenantId).toBe(NO_TENANT);
  });
});
