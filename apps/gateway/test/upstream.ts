import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const ok: Handler = (request, response) => {
  request
    .resume()
    .once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'));
};

/** A service behind the gateway, reduced to what a test wants it to do. */
export class Upstream {
  readonly seen: Seen[] = [];
  handler: Handler = ok;
  private readonly server = createServer((request, response) => {
    this.seen.push({ method: request.method!, url: request.url!, headers: request.headers });
    this.handler(request, response);
  });

  static async start(port = 0): Promise<Upstream> {
    const upstream = new Upstream();
    await upstream.listen(port);
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get last(): Seen {
    const last = this.seen.at(-1);
    if (!last) throw new Error('The upstream has seen nothing');
    return last;
  }

  reset(): void {
    this.seen.length = 0;
    this.handler = ok;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}
