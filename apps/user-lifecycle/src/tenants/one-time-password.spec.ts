import { expect, it } from 'vitest';
import { oneTimePassword } from './one-time-password.js';

it('is long, of every kind of character, and never the same', () => {
  const passwords = Array.from({ length: 50 }, oneTimePassword);
  expect(new Set(passwords).size).toBe(50);
  for (const password of passwords) {
    expect(password).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[-_.!]).{20}$/);
    expect(password).not.toMatch(/[IO01l]/);
  }
});
