import { hash, verify, type Options } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { normalizePassword } from './password-policy.js';

/** Turns passwords into what is kept of them. A port, so that a test can count how often each is called. */
export abstract class PasswordHasher {
  abstract hash(password: string): Promise<string>;
  abstract verify(encoded: string, password: string): Promise<boolean>;
}

/** Argon2id is number 2 of the library's `Algorithm`, a const enum that isolated modules cannot read. */
const ARGON2ID = 2 as NonNullable<Options['algorithm']>;
/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane. */
const COST: Options = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

/**
 * The hash of 32 random bytes that were thrown away, at the same cost: verified where there is no password to verify, so
 * that an unknown login costs what a wrong password costs.
 */
export const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$4vS+NWIRgR7JWsuovoe8PA$hVNsmtHomGBcnNcv/oD79WcYDJJgWQOcfVZihpfDx0Q';

@Injectable()
export class Argon2PasswordHasher extends PasswordHasher {
  hash(password: string): Promise<string> {
    return hash(normalizePassword(password), COST);
  }

  verify(encoded: string, password: string): Promise<boolean> {
    return verify(encoded, normalizePassword(password));
  }
}
