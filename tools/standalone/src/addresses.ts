import { SERVICES } from '@countersign/cli';
import { findPorts, tryListen } from '@countersign/local-server';

/** A service listens to its peers on loopback only; the gateway's API alone is where HOST says. */
export const LOOPBACK = '127.0.0.1';

export interface Address {
  host: string;
  port: number;
  managementPort: number;
}

export interface Addresses {
  of: Record<string, Address>;
  /** Of the broker, should one be started. */
  kafka: { port: number; controllerPort: number };
  publicUrl: string;
  /** Where this machine itself reaches the gateway. */
  gatewayUrl: string;
}

/** HOST and PORT of the gateway cannot be listened on. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/** @throws PortTaken */
export async function chooseAddresses(wanted: { host: string; port: number; publicUrl?: string }): Promise<Addresses> {
  const ports = await findPorts(2 * SERVICES.length + 2);
  const of: Record<string, Address> = {};
  for (const [at, { name }] of SERVICES.entries()) {
    of[name] = { host: LOOPBACK, port: ports[2 * at]!, managementPort: ports[2 * at + 1]! };
  }
  const gateway = of['gateway']!;
  gateway.host = wanted.host;
  if (wanted.port !== 0) gateway.port = wanted.port;
  const problem = await tryListen(gateway.host, gateway.port);
  if (problem) throw new PortTaken(portMessage(problem, gateway));
  const gatewayUrl = httpUrl(anyAddress(gateway.host) ? LOOPBACK : gateway.host, gateway.port);
  const [port, controllerPort] = ports.slice(-2) as [number, number];
  return { of, kafka: { port, controllerPort }, gatewayUrl, publicUrl: wanted.publicUrl ?? gatewayUrl };
}

export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function anyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function portMessage(code: string, { host, port }: Address): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use by another program. Choose one: PORT=${port === 65_535 ? 3000 : port + 1} npm start`;
  }
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this user has. Choose one above 1023: PORT=3000 npm start`;
  if (code === 'EADDRNOTAVAIL') return `HOST=${host} is no address of this machine`;
  return `Cannot listen on ${host}:${port} (${code}): change HOST or PORT`;
}
