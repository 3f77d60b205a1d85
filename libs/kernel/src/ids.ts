import { fillRandom } from './random-pool.js';

/** Prefixes of every public id; the text after the underscore is opaque to clients and sorts by time of creation. */
export const ID_PREFIXES = [
  'usr', 'grp', 'app', 'asg', 'ep', 'evt', 'dlv', 'att', 'fac', 'enr', 'chl', 'ltx', 'ses', 'rul', 'wfl', 'req', 'tsk',
  'dlg', 'cmp', 'cit', 'opn', 'key', 'aud', 'tkn',
] as const; // prettier-ignore
export type IdPrefix = (typeof ID_PREFIXES)[number];
export type Id<P extends IdPrefix> = `${P}_${string}`;

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
/** The id in the making. */
const bytes = Buffer.alloc(16);
let lastMs = 0;
let counter = 0;

/** Writes into `bytes` a UUID version 7 (RFC 9562 §5.7, method 1: a 12-bit counter keeps ids of one process and millisecond in order). */
function makeUuid7(): void {
  fillRandom(bytes, 6, 10);
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
}

/** A UUID version 7 in its canonical text: the id of every event (CloudEvents `id`). */
export function uuid7(): string {
  makeUuid7();
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new prefixed id: a UUIDv7 in Crockford's base 32, so ids of one kind sort by creation. Not a secret. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  makeUuid7();
  let text = '';
  // 26 digits are 130 bits: two zeros come first.
  let bits = 2;
  let rest = 0;
  for (const byte of bytes) {
    rest = (rest << 8) | byte;
    for (bits += 8; bits >= 5; rest &= (1 << bits) - 1) {
      bits -= 5;
      text += CROCKFORD[rest >>> bits]!;
    }
  }
  return `${prefix}_${text}`;
}

export function isId<P extends IdPrefix>(prefix: P, value: unknown): value is Id<P> {
  return typeof value === 'string' && value.startsWith(`${prefix}_`) && /^[a-z]+_[0-9a-z_]{1,60}$/.test(value);
}
