import { randomFillSync } from 'node:crypto';

/** Prefixes of every public id; the text after the underscore is opaque to clients and sorts by time of creation. */
export const ID_PREFIXES = [
  'usr', 'grp', 'app', 'asg', 'ep', 'evt', 'dlv', 'att', 'fac', 'enr', 'chl', 'ltx', 'ses', 'rul', 'wfl', 'req', 'tsk',
  'dlg', 'cmp', 'cit', 'opn', 'key', 'aud', 'tkn',
] as const; // prettier-ignore
export type IdPrefix = (typeof ID_PREFIXES)[number];
export type Id<P extends IdPrefix> = `${P}_${string}`;

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const pool = Buffer.alloc(1024);
let poolAt = pool.length;
let lastMs = 0;
let counter = 0;

/** 16 bytes of a UUID version 7 (RFC 9562 §5.7, method 1: a 12-bit counter keeps ids of one process and millisecond in order). */
function uuid7Bytes(): Buffer {
  if (poolAt + 10 > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const bytes = Buffer.alloc(16);
  pool.copy(bytes, 6, poolAt, poolAt + 10);
  poolAt += 10;
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = bytes.readUInt16BE(6) & 0x7ff;
  } else if (++counter > 0xfff) {
    lastMs += 1;
    counter = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}

/** A UUID version 7 in its canonical text: the id of every event (CloudEvents `id`). */
export function uuid7(): string {
  const hex = uuid7Bytes().toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new prefixed id: a UUIDv7 in Crockford's base 32, so ids of one kind sort by creation. Not a secret. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  let rest = BigInt('0x' + uuid7Bytes().toString('hex'));
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD[Number(rest & 31n)]! + text;
    rest >>= 5n;
  }
  return `${prefix}_${text}`;
}

export function isId<P extends IdPrefix>(prefix: P, value: unknown): value is Id<P> {
  return typeof value === 'string' && value.startsWith(`${prefix}_`) && /^[a-z]+_[0-9a-z_]{1,60}$/.test(value);
}
