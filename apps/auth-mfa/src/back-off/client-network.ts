import { isIP } from 'node:net';

/**
 * The network that a client's address counts for: its /24 (IPv4) or /56 (IPv6), the smallest that one customer of a
 * provider commonly holds. An IPv4 address in IPv6 form counts as IPv4. Text that is no address is its own network.
 */
export function clientNetwork(address: string | undefined): string {
  const text = (address ?? '').replace(/%.*$/, '');
  const version = isIP(text);
  if (version === 4) return networkOf4(text);
  if (version !== 6) return 'unknown';
  const groups = expand(text);
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return networkOf4([groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.'));
  }
  const [a, b, c, d] = groups as [number, number, number, number];
  return `${[a, b, c, d & 0xff00].map(group => group.toString(16)).join(':')}::/56`;
}

function networkOf4(text: string): string {
  return `${text.split('.').slice(0, 3).join('.')}.0/24`;
}

/** The eight groups of an IPv6 address that isIP has accepted. */
function expand(text: string): number[] {
  const embedded = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = embedded
    ? `${embedded[1]}${((Number(embedded[2]) << 8) | Number(embedded[3])).toString(16)}:${((Number(embedded[4]) << 8) | Number(embedded[5])).toString(16)}`
    : text;
  const [head = '', tail] = hex.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map(group => parseInt(group, 16)));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
