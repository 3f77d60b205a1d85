import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { ReadinessRegistry } from './readiness.js';

/**
 * Liveness, readiness and metrics on a port of their own, which the gateway never routes. Liveness touches no dependency: a
 * database that is away must not make the whole fleet restart.
 */
export async function startManagementServer(
  host: string,
  port: number,
  readiness: ReadinessRegistry,
  metrics: Registry,
): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const json = (status: number, body: unknown) => answer(status, 'application/json', JSON.stringify(body));
    const respond = async () => {
      const path = request.url?.split('?')[0];
      if (path === '/healthz') return json(200, { status: 'alive' });
      if (path === '/readyz') {
        const state = await readiness.read();
        return json(state.status === 'ready' ? 200 : 503, state);
      }
      if (path === '/metrics') return answer(200, metrics.contentType, await metrics.metrics());
      return json(404, { status: 'not_found' });
    };
    respond().catch((error: unknown) => json(500, { status: 'error', detail: String(error) }));
  });
  server.keepAliveTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
