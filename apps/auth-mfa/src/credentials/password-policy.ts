import { invalidField, type DomainError } from '@countersign/kernel';
import { loginKey } from '@countersign/contracts';

/** Lengths in Unicode code points after normalization (NIST SP 800-63B-4 §3.1.1.2: length counts, composition rules do not). */
export const PASSWORD_MIN_LENGTH = 10;
export const PASSWORD_MAX_LENGTH = 128;
/** A new password differs from this many that the user had last, the current one among them. */
export const PASSWORD_HISTORY = 5;
/** Code points that are left of a password once the login is cut out of it. */
const LEFT_WITHOUT_LOGIN = 6;

const COMMON = new Set(
  (
    '1234567890 12345678910 123456789a 0123456789 0987654321 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwertyuiop123 qwerty12345 ' +
    'qwerty123456 qwerty1234 asdfghjkl; asdfghjkl1 zaq12wsxcde3 password12 password123 password1234 password12345 ' +
    'passw0rd123 p@ssw0rd123 passwordpassword administrator administrator1 changeme123 changemenow letmein123 ' +
    'letmeinplease welcome123 welcome1234 iloveyou123 iloveyou12 sunshine123 princess123 football123 baseball123 ' +
    'superman123 trustno1trustno1 abcdefghij abcdefghijk abc123abc123 a1b2c3d4e5 1a2b3c4d5e correcthorsebatterystaple ' +
    'countersign countersign1 countersign123'
  ).split(' '),
);

/** The form in which a password is judged, hashed and verified (800-63B-4 §3.1.1.2): the same keys give the same bytes everywhere. */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * What the policy has against a password of the user with this login; undefined when it may be used. Whether it was used
 * before is another question: that needs the hashes.
 */
export function passwordProblem(password: string, login: string): { code: string; message: string } | undefined {
  const text = normalizePassword(password);
  const length = [...text].length;
  if (length < PASSWORD_MIN_LENGTH) {
    return {
      code: 'password_too_short',
      message: `Use at least ${PASSWORD_MIN_LENGTH} characters; a sentence works well`,
    };
  }
  if (length > PASSWORD_MAX_LENGTH) {
    return { code: 'password_too_long', message: `Use at most ${PASSWORD_MAX_LENGTH} characters` };
  }
  const folded = loginKey(text);
  const name = loginKey(login);
  if (name.length > 0 && folded.includes(name) && [...folded.replaceAll(name, '')].length < LEFT_WITHOUT_LOGIN) {
    return { code: 'password_is_login', message: 'Choose a password that is more than the login and a few characters' };
  }
  if (COMMON.has(folded) || new Set(folded).size < 4) {
    return {
      code: 'password_too_common',
      message: 'This password is among the first that an attacker tries; choose another one',
    };
  }
  return undefined;
}

export const PASSWORD_REUSED = {
  code: 'password_reused',
  message: `Choose a password that is none of your last ${PASSWORD_HISTORY}`,
};

/** 422 that names the field of the password and the remedy. @param pointer JSON pointer of the password in the request */
export function passwordRefused(pointer: string, problem: { code: string; message: string }): DomainError {
  return invalidField(pointer, problem.code, problem.message);
}
