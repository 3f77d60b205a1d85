import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { Argon2PasswordHasher, NOBODYS_HASH } from './password-hasher.js';

const hasher = new Argon2PasswordHasher();

describe('argon2id hashes', () => {
  it('have the cost that OWASP asks for, and salts of their own', async () => {
    const one = await hasher.hash('four quiet green lamps');
    expect(parseOptions(one)).toMatchObject({
      algorithm: 2,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
      saltLen: 16,
    });
    expect(await hasher.hash('four quiet green lamps')).not.toBe(one);
    expect(await hasher.verify(one, 'four quiet green lamps')).toBe(true);
    expect(await hasher.verify(one, 'four quiet green lamp')).toBe(false);
  });

  it('do not depend on how the keyboard composes a letter', async () => {
    expect(await hasher.verify(await hasher.hash('caf\u00e9 au lait'), 'cafe\u0301 au lait')).toBe(true);
  });

  it("cost the same to verify for nobody's password", async () => {
    const mine = parseOptions(await hasher.hash('whatever it is'));
    expect(parseOptions(NOBODYS_HASH)).toEqual(mine);
    expect(await hasher.verify(NOBODYS_HASH, '')).toBe(false);
  });
});
