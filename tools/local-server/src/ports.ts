import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 20_000;
/** Where Linux, and IANA's range on macOS, begin to hand out ports to outgoing connections. */
const USUAL_EPHEMERAL_START = 32_768;

/** True when the address can be listened on now. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return (await tryListen(host, port)) === undefined;
}

/** @returns the error code that listening fails with, e.g. EADDRINUSE */
export function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * Free loopback ports below the range that outgoing connections draw from: a service that is started again a second after
 * it died finds its port still free. Chosen at random, so that two platforms starting at once do not meet.
 */
export async function findPorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const end = ephemeralStart();
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 50 * count) throw new Error(`No ${count} free ports between ${LOWEST} and ${end} on ${host}`);
    const port = randomInt(LOWEST, end);
    if (!found.has(port) && (await isFree(host, port))) found.add(port);
  }
  return [...found];
}

function ephemeralStart(): number {
  try {
    const start = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
    return start > LOWEST + 1_000 ? start : USUAL_EPHEMERAL_START;
  } catch {
    return USUAL_EPHEMERAL_START;
  }
}
