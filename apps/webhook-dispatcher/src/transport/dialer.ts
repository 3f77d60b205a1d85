import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';

/** One checked address to connect to. Nothing is resolved after this point. */
export interface DialTarget {
  address: string;
  port: number;
  /** Present for https. `servername` is absent where the URL names an IP address; the certificate must then name it. */
  tls?: { servername?: string; secureContext?: SecureContext };
}

/** Opens connections; injected, so that the guard can be tried against addresses that nothing may ever connect to. */
export interface Dialer {
  /** Resolves once the connection (for https: the verified TLS session) stands. */
  dial(target: DialTarget, timeoutMs: number): Promise<Socket>;
}

/** A connection that was not made. */
export class DialError extends Error {
  override readonly name = 'DialError';
  constructor(
    readonly code: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Connects for real. Certificates are always verified; nothing can turn that off. */
export class SocketDialer implements Dialer {
  dial(target: DialTarget, timeoutMs: number): Promise<Socket> {
    const { address, port, tls } = target;
    return new Promise((resolve, reject) => {
      const socket = tls
        ? connectTls({
            host: address,
            port,
            servername: tls.servername,
            secureContext: tls.secureContext,
            rejectUnauthorized: true,
            ALPNProtocols: ['http/1.1'],
          })
        : connectTcp({ host: address, port });
      const timer = setTimeout(
        () => socket.destroy(new DialError('connect_timeout', `no connection within ${timeoutMs} ms`)),
        timeoutMs,
      );
      socket.setNoDelay(true).setKeepAlive(true, 30_000);
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.removeListener('error', failed);
        resolve(socket);
      });
      const failed = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(
          error instanceof DialError ? error : new DialError(error.code ?? 'connect_failed', error.message, error),
        );
      };
      socket.once('error', failed);
    });
  }
}
