import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let at = pool.length;

/**
 * Copies so many bytes of the system's cryptographic generator into `target`. They are fetched in advance, for a call costs
 * ten times what the bytes cost, and each is handed out once.
 */
export function fillRandom(target: Buffer, offset: number, count: number): void {
  const from = take(count);
  pool.copy(target, offset, from, from + count);
}

/** So many random bytes in hexadecimal. */
export function randomHex(count: number): string {
  const from = take(count);
  return pool.toString('hex', from, from + count);
}

function take(count: number): number {
  if (at + count > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += count;
  return at - count;
}
