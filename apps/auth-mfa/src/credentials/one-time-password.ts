import { randomInt } from 'node:crypto';

/** Crockford's alphabet in lower case without the letters that are read as others: no 0 o 1 l i u. */
const ALPHABET = '23456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 4;
const GROUP = 5;

/** A password to be told to somebody: 98 random bits in four groups that are easy to read out. */
export function newOneTimePassword(): string {
  return Array.from({ length: GROUPS }, () =>
    Array.from({ length: GROUP }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''),
  ).join('-');
}
