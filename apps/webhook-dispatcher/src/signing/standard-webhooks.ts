import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new signing secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64 (the spec asks for 24 to 64). */
export function newSigningSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** A signing secret in memory. */
export interface SigningSecret {
  /** `whsec_…`. */
  readonly value: string;
}

export interface SignatureHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** A key object costs more to make than a signature with it; it goes when its secret does. */
const keys = new WeakMap<SigningSecret, KeyObject>();

function keyOf(secret: SigningSecret): KeyObject {
  let key = keys.get(secret);
  if (!key) keys.set(secret, (key = createSecretKey(secret.value.slice(PREFIX.length), 'base64')));
  return key;
}

/**
 * Standard Webhooks 1.0.0, symmetric: HMAC-SHA256 over `id.timestamp.body`. One `v1,…` per secret, separated by spaces, so
 * that a receiver accepts either secret while one replaces the other.
 * @param secrets the current one first; none is a programming error
 */
export function signatureHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly SigningSecret[],
): SignatureHeaders {
  if (secrets.length === 0) throw new Error('A webhook is never sent unsigned');
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const content = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map(
    secret => `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
