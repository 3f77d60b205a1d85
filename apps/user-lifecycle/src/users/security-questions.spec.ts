import { EnvelopeEncryption } from '@countersign/platform';
import { describe, expect, it } from 'vitest';
import { SecurityQuestions, verifyAnswer } from './security-questions.js';

const questions = new SecurityQuestions(
  EnvelopeEncryption.fromJson({ current: 'k1', keys: { k1: Buffer.alloc(32, 1).toString('base64') } }),
);

describe('SecurityQuestions', () => {
  it('hashes answers with a salt of their own, and knows them again however they are typed', async () => {
    const hashed = await questions.hash({ 'First pet?': 'Rex  the Dog', city: null });
    const hash = hashed!['First pet?']!;
    expect(hash).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(hash).not.toContain('Rex');
    expect(hashed!['city']).toBe(null);
    expect(await verifyAnswer(hash, ' rex the dog ')).toBe(true);
    expect(await verifyAnswer(hash, 'rex')).toBe(false);
    expect((await questions.hash({ 'First pet?': 'Rex  the Dog' }))!['First pet?']).not.toBe(hash);
  });

  it('leaves the clearing of all as it is', async () => {
    expect(await questions.hash(null)).toBe(null);
  });
});
