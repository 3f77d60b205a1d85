import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findPorts, isFree, tryListen } from './ports.js';

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

  it('that are taken are told with the reason', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await tryListen('127.0.0.1', port)).toBe('EADDRINUSE');
    await new Promise(resolve => server.close(resolve));
    expect(await tryListen('127.0.0.1', port)).toBeUndefined();
  });
});
