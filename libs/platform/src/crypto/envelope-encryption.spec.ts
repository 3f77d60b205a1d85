import { randomBytes } from 'node:crypto';
import type { TenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { EnvelopeEncryption, type SealContext } from './envelope-encryption.js';

const key = () => randomBytes(32).toString('base64');
const first = key();
const envelope = EnvelopeEncryption.fromJson({ current: 'k1', keys: { k1: first } });
const context: SealContext = { tenantId: 'acme' as TenantId, purpose: 'webhook-secret', id: 'ep_1' };

describe('EnvelopeEncryption', () => {
  it('opens what it sealed, and never seals alike twice', () => {
    const sealed = envelope.seal(context, 'whsec_secret');
    expect(envelope.openText(context, sealed)).toBe('whsec_secret');
    expect(envelope.seal(context, 'whsec_secret').equals(sealed)).toBe(false);
    expect(sealed.includes(Buffer.from('whsec_secret'))).toBe(false);
  });

  it.each<[string, Partial<SealContext>]>([
    ['another tenant', { tenantId: 'other' as TenantId }],
    ['another purpose', { purpose: 'api-key' }],
    ['another row', { id: 'ep_2' }],
  ])('does not open a ciphertext that was moved to %s', (_, moved) => {
    const sealed = envelope.seal(context, 'secret');
    expect(() => envelope.open({ ...context, ...moved }, sealed)).toThrow();
  });

  it('does not open a ciphertext of which any byte was changed', () => {
    const sealed = envelope.seal(context, 'secret');
    for (let i = 0; i < sealed.length; i++) {
      const damaged = Buffer.from(sealed);
      damaged[i]! ^= 1;
      expect(() => envelope.open(context, damaged), `byte ${i}`).toThrow();
    }
  });

  it('still opens ciphertexts of an older key after a rotation, and names the key of each', () => {
    const sealed = envelope.seal(context, 'secret');
    const rotated = EnvelopeEncryption.fromJson({ current: 'k2', keys: { k1: first, k2: key() } });
    expect(rotated.openText(context, sealed)).toBe('secret');
    expect(EnvelopeEncryption.keyIdOf(sealed)).toBe('k1');
    expect(EnvelopeEncryption.keyIdOf(rotated.seal(context, 'secret'))).toBe('k2');
  });

  it('recognises a text by its digest, also after a rotation, and nobody without the key does', () => {
    const [kept] = envelope.digests(context, 'a password');
    expect(envelope.digests(context, 'a password')[0]!.equals(kept!)).toBe(true);
    const rotated = EnvelopeEncryption.fromJson({ current: 'k2', keys: { k1: first, k2: key() } });
    const digests = rotated.digests(context, 'a password');
    expect(digests[0]!.equals(kept!)).toBe(false);
    expect(digests.some(digest => digest.equals(kept!))).toBe(true);
    const stranger = EnvelopeEncryption.fromJson({ current: 'k1', keys: { k1: key() } });
    for (const other of [
      ...stranger.digests(context, 'a password'),
      ...envelope.digests(context, 'another'),
      ...envelope.digests({ ...context, id: 'ep_2' }, 'a password'),
    ])
      expect(other.equals(kept!)).toBe(false);
  });

  it('refuses a key file whose keys have not 32 bytes or whose current key is missing', () => {
    expect(() => EnvelopeEncryption.fromJson({ current: 'k1', keys: { k1: 'c2hvcnQ=' } })).toThrow(/32 bytes/);
    expect(() => EnvelopeEncryption.fromJson({ current: 'k2', keys: { k1: first } })).toThrow(/not in the file/);
  });
});
