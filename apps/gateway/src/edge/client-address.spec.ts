import { describe, expect, it } from 'vitest';
import { ClientAddresses, limitKey, parseNetwork } from './client-address.js';

const behindProxies = new ClientAddresses(['10.0.0.0/8', '192.168.7.7', '2001:db8:1::/48'].map(parseNetwork));
const openToAll = new ClientAddresses([]);

describe('ClientAddresses', () => {
  it.each([
    ['no proxies are trusted', openToAll, '127.0.0.1', '8.8.8.8', '127.0.0.1'],
    ['the peer is no trusted proxy', behindProxies, '203.0.113.9', '8.8.8.8', '203.0.113.9'],
    ['the proxy names its client', behindProxies, '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['a chain of own proxies', behindProxies, '10.1.2.3', '203.0.113.9, 192.168.7.7, 10.9.9.9', '203.0.113.9'],
    ['the client forged entries', behindProxies, '10.1.2.3', '1.1.1.1, 10.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['the proxy sent no header', behindProxies, '10.1.2.3', undefined, '10.1.2.3'],
    ['the nearest entry is no address', behindProxies, '10.1.2.3', '203.0.113.9, unknown', '10.1.2.3'],
    ['an entry between is no address', behindProxies, '10.1.2.3', '203.0.113.9, ;, 10.4.4.4', '10.4.4.4'],
    ['every hop is trusted', behindProxies, '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['IPv4 comes mapped', behindProxies, '::ffff:10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
    ['entries have ports', behindProxies, '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv6 entries have ports', behindProxies, '2001:db8:1::5', '[2001:db8:2::9]:4711', '2001:db8:2::9'],
    ['a zone', openToAll, 'fe80::1%eth0', undefined, 'fe80::1'],
    ['shorthand addresses are not believed', behindProxies, '10.1.2.3', '127.1', '10.1.2.3'],
    ['numbers are not addresses', behindProxies, '10.1.2.3', '2130706433', '10.1.2.3'],
    ['the socket is gone', behindProxies, undefined, '203.0.113.9', 'unknown'],
  ])('%s', (_case, addresses, peer, header, expected) => {
    expect(addresses.of(peer, header)).toBe(expected);
  });

  it('reads a bounded number of hops', () => {
    const header = Array.from({ length: 100_000 }, () => '10.0.0.1').join(',');
    expect(behindProxies.of('10.1.2.3', `203.0.113.9,${header}`)).toBe('10.0.0.1');
  });
});

describe('parseNetwork', () => {
  it('reads mapped networks as IPv4', () => {
    expect(new ClientAddresses([parseNetwork('::ffff:10.0.0.0/104')]).of('10.1.1.1', '203.0.113.9')).toBe(
      '203.0.113.9',
    );
  });

  it.each(['10.0.0.0/33', 'proxy.example', '', '10.0.0.0/8/8'])('refuses %s', text => {
    expect(() => parseNetwork(text)).toThrow();
  });
});

describe('limitKey', () => {
  it('counts an IPv6 client by its /64 and an IPv4 client by its address', () => {
    expect(limitKey('2001:db8:1:2:3:4:5:6')).toBe(limitKey('2001:db8:1:2:ffff::1'));
    expect(limitKey('2001:db8:1:3::1')).not.toBe(limitKey('2001:db8:1:2::1'));
    expect(limitKey('203.0.113.9')).toBe('203.0.113.9');
    expect(limitKey('unknown')).toBe('unknown');
  });
});
