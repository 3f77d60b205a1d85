import { describe, expect, it } from 'vitest';
import { PASSWORD_MAX_LENGTH, passwordProblem, passwordRefused } from './password-policy.js';

const code = (password: string, login = 'anna') => passwordProblem(password, login)?.code;

describe('password policy', () => {
  it('accepts any long enough text, spaces and emoji included', () => {
    expect(code('four quiet green lamps')).toBeUndefined();
    expect(code('žluťoučký kůň')).toBeUndefined();
    expect(code('x'.repeat(60) + 'abcdef' + 'y'.repeat(62))).toBeUndefined();
  });

  it('counts code points after NFKC, not UTF-16 units', () => {
    expect(code('🦊🐻🐼🐨🐯🦁🐮🐷🐸')).toBe('password_too_short');
    expect(code('🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵')).toBeUndefined();
    expect(code('a\u0301e\u0301cdfghij')).toBe('password_too_short');
  });

  it('refuses what is too short or too long', () => {
    expect(code('ninechars')).toBe('password_too_short');
    expect(code('tenchars!!')).toBeUndefined();
    expect(code('abcd'.repeat(PASSWORD_MAX_LENGTH / 4))).toBeUndefined();
    expect(code('abcd'.repeat(PASSWORD_MAX_LENGTH / 4) + 'e')).toBe('password_too_long');
  });

  it('refuses the login with little more, also in another case or width', () => {
    expect(code('annabella.k', 'Annabella.K')).toBe('password_is_login');
    expect(code('ANNABELLA-2026', 'annabella')).toBe('password_is_login');
    expect(code('ａｎｎａｂｅｌｌａ１２', 'annabella')).toBe('password_is_login');
    expect(code('annaannaanna1', 'anna')).toBe('password_is_login');
    expect(code('anna has a quiet green lamp', 'anna')).toBeUndefined();
  });

  it('refuses what everybody tries first', () => {
    expect(code('Password123')).toBe('password_too_common');
    expect(code('aaaaaaaaaaaaaa')).toBe('password_too_common');
    expect(code('ababababababab')).toBe('password_too_common');
  });

  it('names the field and the remedy', () => {
    const error = passwordRefused('/newPassword', passwordProblem('short', 'anna')!);
    expect(error.kind).toBe('invalid');
    expect(error.errors).toEqual([
      { pointer: '/newPassword', code: 'password_too_short', message: expect.stringContaining('10 characters') },
    ]);
  });
});
