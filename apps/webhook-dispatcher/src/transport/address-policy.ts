import ipaddr from 'ipaddr.js';

/**
 * Every IPv4 block of the IANA special-purpose registry (RFC 6890 and its successors) that is not ordinary unicast on the
 * internet, multicast and class E included.
 */
const DENIED_V4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15',
  '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  // A public address in form, the host's metadata service on Azure in fact.
  '168.63.129.16/32',
].map(parseCidr); // prettier-ignore

/** IPv6: only 2000::/3 is handed out as global unicast; inside it these blocks are special or carry another address. */
const GLOBAL_V6 = parseCidr('2000::/3');
const DENIED_V6 = [
  '2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20',
].map(parseCidr); // prettier-ignore

const NAT64 = parseCidr('64:ff9b::/96');
/** Special blocks whose address never counts as one of the operator's allowed ranges, because it hides another one. */
const CARRIERS = [
  parseCidr('::/96'), // IPv4-compatible (deprecated) and unspecified; loopback ::1 is asked for by name below
  parseCidr('::ffff:0:0:0/96'), // SIIT
  parseCidr('64:ff9b:1::/48'), // local-use NAT64
  parseCidr('2001::/32'), // Teredo
  parseCidr('2002::/16'), // 6to4
];

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = readonly [Address, number];

export type AddressVerdict = { allowed: true; rule: 'public' | 'operator' } | { allowed: false; reason: string };

/** @throws Error when the text is no CIDR block */
export function parseCidr(text: string): Cidr {
  return ipaddr.parseCIDR(text.trim());
}

/**
 * Which addresses a webhook may be dialled at. Public unicast is; everything special, private or carrying another address is
 * not, but for the ranges that the operator allowed; there the platform's own ports stay closed.
 */
export class AddressPolicy {
  constructor(
    private readonly allowedPrivate: readonly Cidr[],
    private readonly deniedPorts: ReadonlySet<number>,
  ) {}

  /** Whether any private target is allowed at all. */
  get allowsPrivate(): boolean {
    return this.allowedPrivate.length > 0;
  }

  /** Judges one address in the form that will be dialled; anything that is not exactly an IP address is refused. */
  judge(text: string, port: number): AddressVerdict {
    if (text.includes('%')) return deny(`${text} is an address with a zone`);
    if (!ipaddr.isValid(text)) return deny(`${text} is not an IP address`);
    let address = ipaddr.parse(text);
    if (address instanceof ipaddr.IPv4 && !ipaddr.IPv4.isValidFourPartDecimal(text))
      return deny(`${text} is not a plain IPv4 address`);
    if (address instanceof ipaddr.IPv6) {
      if (address.isIPv4MappedAddress()) address = address.toIPv4Address();
      else if (isIn(address, NAT64)) address = embedded(address, 12);
      else if (carries(address)) return deny(`${text} carries another address`);
    }
    if (this.allowedPrivate.some(range => isIn(address, range))) {
      if (this.deniedPorts.has(port)) return deny(`port ${port} of ${text} belongs to the platform`);
      return { allowed: true, rule: 'operator' };
    }
    return isPublic(address) ? { allowed: true, rule: 'public' } : deny(`${text} is not a public address`);
  }
}

function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4)
    return address.range() === 'unicast' && !DENIED_V4.some(range => isIn(address, range));
  return address.range() === 'unicast' && isIn(address, GLOBAL_V6) && !DENIED_V6.some(range => isIn(address, range));
}

function carries(address: ipaddr.IPv6): boolean {
  if (address.toNormalizedString() === '0:0:0:0:0:0:0:1') return false;
  if (CARRIERS.some(range => isIn(address, range))) return true;
  // ISATAP (RFC 5214 §6.1): interface identifier 0000:5efe or 0200:5efe before an IPv4 address, in any prefix.
  return address.parts[5] === 0x5efe && (address.parts[4]! & 0xfdff) === 0;
}

function embedded(address: ipaddr.IPv6, from: number): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(from, from + 4));
}

function isIn(address: Address, [network, bits]: Cidr): boolean {
  return address.kind() === network.kind() && address.match([network as never, bits]);
}

function deny(reason: string): AddressVerdict {
  return { allowed: false, reason };
}
