import { createServer, type AddressInfo } from 'node:net';
import { findPorts } from '@countersign/local-server';
import { describe, expect, it } from 'vitest';
import { chooseAddresses, PortTaken } from './addresses.js';

describe('the addresses of a platform', () => {
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
