import { randomBytes } from 'node:crypto';

/** A name that no other test uses: `prefix` and 8 hex digits. */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(4).toString('hex')}`;
}

/** A password that any sensible policy accepts and no other test uses. */
export function strongPassword(): string {
  return `Quiet-Harbour-${randomBytes(9).toString('base64url')}-7x`;
}
