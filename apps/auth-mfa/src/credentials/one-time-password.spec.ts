import { describe, expect, it } from 'vitest';
import { newOneTimePassword } from './one-time-password.js';
import { passwordProblem } from './password-policy.js';

describe('one-time password', () => {
  it('is readable, accepted by the policy, and never the same', () => {
    const made = new Set(Array.from({ length: 200 }, newOneTimePassword));
    expect(made.size).toBe(200);
    for (const password of made) {
      expect(password).toMatch(/^([2-9a-hjkmnp-tv-z]{5}-){3}[2-9a-hjkmnp-tv-z]{5}$/);
      expect(passwordProblem(password, 'anna')).toBeUndefined();
    }
  });
});
