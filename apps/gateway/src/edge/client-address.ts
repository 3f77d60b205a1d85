import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [Address, number];

const MAX_HOPS = 32;

/** A network in CIDR notation; a single address is a network of one. @throws Error for anything else */
export function parseNetwork(text: string): Network {
  const [network, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : wholeAddress(ipaddr.parse(text));
  // A mapped IPv4 network (::ffff:10.0.0.0/104) is written as the IPv4 network that addresses are compared with.
  if (network.kind() === 'ipv6' && (network as ipaddr.IPv6).isIPv4MappedAddress()) {
    return [(network as ipaddr.IPv6).toIPv4Address(), Math.max(0, bits - 96)];
  }
  return [network, bits];
}

function wholeAddress(address: Address): [Address, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Finds out which address a request really comes from. */
export class ClientAddresses {
  constructor(private readonly trustedProxies: readonly Network[]) {}

  /**
   * The peer's own address, unless the peer is a trusted proxy: then X-Forwarded-For is read from its right end, where the
   * nearest proxy wrote, over every trusted hop, to the first address that is not one of ours. What stands to the left of that
   * was written by the client and is not believed. An entry that cannot be read ends the walk at the last hop that could.
   */
  of(peer: string | undefined, forwardedFor: string | undefined): string {
    let client = parseAddress(peer);
    if (!client) return 'unknown';
    const hops = (forwardedFor ?? '').split(',').slice(-MAX_HOPS);
    while (hops.length > 0 && this.isTrusted(client)) {
      const next = parseAddress(stripPort(hops.pop()!.trim()));
      if (!next) break;
      client = next;
    }
    return client.toString();
  }

  private isTrusted(address: Address): boolean {
    return this.trustedProxies.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

/**
 * The address that limits count by: an IPv6 client usually holds a whole /64, so that counting single addresses would not
 * limit it at all.
 */
export function limitKey(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.kind() !== 'ipv6') return address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}

/** Addresses as `1.2.3.4`, `2001:db8::1`; IPv4 mapped into IPv6 is IPv4, a zone is not part of it. */
function parseAddress(text: string | undefined): Address | undefined {
  if (!text || !ipaddr.isValid(text) || !/[.:]/.test(text) || isShorthand(text)) return undefined;
  const address = ipaddr.process(text);
  return address.kind() === 'ipv6' ? ipaddr.parse(address.toString().split('%')[0]!) : address;
}

/** `127.1` and octal forms: valid to inet_aton, but no proxy writes them. */
function isShorthand(text: string): boolean {
  return !text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** `1.2.3.4:5678` and `[2001:db8::1]:5678`, as some proxies write. */
function stripPort(text: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
