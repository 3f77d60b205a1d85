import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

export interface SignedRequest {
  headers: Readonly<Record<string, string | undefined>>;
  /** The exact bytes that arrived. */
  body: Buffer;
}

/**
 * Checks a webhook as any receiver may (Standard Webhooks, symmetric `v1`: HMAC-SHA-256 over `id.timestamp.body`). The
 * header may hold several signatures, separated by blanks, while a secret is being exchanged.
 */
export function isSignedBy(secret: string, { headers, body }: SignedRequest, nowMs = Date.now()): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    name => headers[name],
  );
  if (!id || !timestamp || !signatures) return false;
  if (!(Math.abs(nowMs / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(' ').some(signature => {
    const [version, text] = signature.split(',');
    const given = Buffer.from(text ?? '', 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
