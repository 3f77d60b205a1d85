import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { chooseAddresses, PortTaken } from './addresses.js';
import { findPorts, isFree } from './ports.js';

describe('ports', () => {
  it('are free, different, and below those that outgoing connections draw', async () => {
    const ports = await findPorts(8);
    expect(new Set(ports).size).toBe(8);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_768);
      expect(await isFree('127.0.0.1', port)).toBe(true);
    }
  });

  it('that are taken are named with the remedy', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const choice = chooseAddresses({ host: '127.0.0.1', port });
      await expect(choice).rejects.toThrow(PortTaken);
      await expect(choice).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use by another program. Choose one: PORT=`);
    } finally {
      server.close();
    }
  });

  it('of the gateway follow HOST and PORT, and tell the address for clients', async () => {
    const [port] = await findPorts(1);
    const addresses = await chooseAddresses({ host: '0.0.0.0', port: port! });
    expect(addresses.of['gateway']).toMatchObject({ host: '0.0.0.0', port });
    expect(addresses.of['auth-mfa']!.host).toBe('127.0.0.1');
    expect(addresses.gatewayUrl).toBe(`http://127.0.0.1:${port}`);
    const named = await chooseAddresses({ host: '127.0.0.1', port: 0, publicUrl: 'https://id.example.com' });
    expect(named.publicUrl).toBe('https://id.example.com');
  });
});
