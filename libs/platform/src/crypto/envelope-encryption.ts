import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TenantId } from '@countersign/kernel';
import { z } from 'zod';

/** Where a ciphertext belongs: it opens only for the same tenant, purpose and id. */
export interface SealContext {
  tenantId: TenantId | 'platform';
  /** What it is, e.g. `webhook-secret`; unique per column. */
  purpose: string;
  /** The id of the row or aggregate that holds it. */
  id: string;
}

const keyFileSchema = z.object({
  current: z.string().regex(/^[a-z0-9-]{1,32}$/),
  keys: z.record(z.string(), z.base64()),
});

const FORMAT = 1;
const NONCE = 12;
const TAG = 16;

/**
 * Seals every secret at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce under a data key of its own, which
 * the service's current key wraps. Header: format, length and name of the key, so keys rotate by re-wrapping. Associated
 * data: tenant, purpose, id and format, so a ciphertext moved to another row, tenant or column does not open.
 */
export class EnvelopeEncryption {
  private constructor(
    readonly currentKeyId: string,
    private readonly keys: ReadonlyMap<string, Buffer>,
  ) {}

  static fromFile(path: string): EnvelopeEncryption {
    return EnvelopeEncryption.fromJson(JSON.parse(readFileSync(path, 'utf8')) as unknown);
  }

  static fromJson(json: unknown): EnvelopeEncryption {
    const file = keyFileSchema.parse(json);
    const keys = new Map(Object.entries(file.keys).map(([id, key]) => [id, Buffer.from(key, 'base64')]));
    for (const [id, key] of keys) if (key.length !== 32) throw new Error(`Envelope key ${id} has not 32 bytes`);
    if (!keys.has(file.current)) throw new Error(`The current envelope key ${file.current} is not in the file`);
    return new EnvelopeEncryption(file.current, keys);
  }

  seal(context: SealContext, plaintext: string | Buffer): Buffer {
    const dataKey = randomBytes(32);
    const name = Buffer.from(this.currentKeyId);
    const header = Buffer.concat([Buffer.from([FORMAT, name.length]), name]);
    const aad = associatedData(context);
    const wrapped = encrypt(this.keys.get(this.currentKeyId)!, Buffer.concat([header, aad]), dataKey);
    return Buffer.concat([header, wrapped, encrypt(dataKey, aad, Buffer.from(plaintext))]);
  }

  /** @throws Error when the ciphertext is not of this context, is damaged, or its key is unknown */
  open(context: SealContext, sealed: Buffer): Buffer {
    const { header, keyId, wrapped, body } = split(sealed);
    const key = this.keys.get(keyId);
    if (!key) throw new Error(`Envelope key ${keyId} is not in the key file`);
    const aad = associatedData(context);
    const dataKey = decrypt(key, Buffer.concat([header, aad]), wrapped);
    return decrypt(dataKey, aad, body);
  }

  openText(context: SealContext, sealed: Buffer): string {
    return this.open(context, sealed).toString('utf8');
  }

  /**
   * Digests by which a text is recognised later, under the current key and then under each older one. Without a key nothing
   * can be guessed from them, as from a plain hash of a text with a password in it.
   */
  digests(context: SealContext, text: string): Buffer[] {
    const ids = [this.currentKeyId, ...[...this.keys.keys()].filter(id => id !== this.currentKeyId)];
    return ids.map(id => {
      const macKey = hkdfSync('sha256', this.keys.get(id)!, '', `digest|${context.purpose}`, 32);
      return createHmac('sha256', Buffer.from(macKey))
        .update(associatedData(context))
        .update('\n')
        .update(text)
        .digest();
    });
  }

  /** The id of the key that wraps a ciphertext; rotation looks for those that are not the current one. */
  static keyIdOf(sealed: Buffer): string {
    return split(sealed).keyId;
  }
}

function associatedData({ tenantId, purpose, id }: SealContext): Buffer {
  return Buffer.from(`${tenantId}|${purpose}|${id}|${FORMAT}`);
}

function split(sealed: Buffer) {
  if (sealed[0] !== FORMAT) throw new Error('Not a ciphertext of a known format');
  const end = 2 + sealed[1]!;
  const wrappedEnd = end + NONCE + 32 + TAG;
  return {
    header: sealed.subarray(0, end),
    keyId: sealed.subarray(2, end).toString(),
    wrapped: sealed.subarray(end, wrappedEnd),
    body: sealed.subarray(wrappedEnd),
  };
}

function encrypt(key: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()]);
}
