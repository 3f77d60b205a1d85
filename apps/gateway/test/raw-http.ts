import { connect, type Socket } from 'node:net';

/** Sends bytes to a port and answers everything that comes back until the connection closes. */
export function rawHttp(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.on('error', error => (chunks.length > 0 ? undefined : reject(error)));
  });
}

/** One GET over a connection of its own, with the path exactly as given. */
export function rawGet(port: number, path: string, headers: Record<string, string> = {}): Promise<string> {
  const lines = Object.entries({ host: 'gateway', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return rawHttp(port, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

/** The problem document of a raw answer. */
export function problemOf(answer: string): { status: number; code: string; errors?: { pointer: string }[] } {
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as ReturnType<typeof problemOf>;
}

/** A connection that stays open, for what a client does over time. */
export async function openSocket(port: number): Promise<Socket & { received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk)).on('error', () => undefined);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return Object.assign(socket, { received: () => Buffer.concat(chunks).toString('latin1') });
}
