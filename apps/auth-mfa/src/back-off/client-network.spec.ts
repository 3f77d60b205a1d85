import { describe, expect, it } from 'vitest';
import { clientNetwork } from './client-network.js';

describe('the network of a client', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['::ffff:cb00:714d', '203.0.113.0/24'],
    ['2001:db8:aa:bbcc:1:2:3:4', '2001:db8:aa:bb00::/56'],
    ['2001:db8:aa:bb01::1', '2001:db8:aa:bb00::/56'],
    ['2001:db8:aa:bc00::1', '2001:db8:aa:bc00::/56'],
    ['fe80::1%eth0', 'fe80:0:0:0::/56'],
    ['::1', '0:0:0:0::/56'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/56'],
  ])('%s -> %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it('is one and the same for everything that is no address', () => {
    expect(clientNetwork(undefined)).toBe('unknown');
    expect(clientNetwork('not an address')).toBe('unknown');
  });
});
