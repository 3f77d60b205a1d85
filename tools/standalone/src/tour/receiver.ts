import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Narrator } from './narrator.js';
import { isSignedBy } from './signature.js';

/** A webhook as it arrived. */
export interface Received {
  hook: string;
  headers: Readonly<Record<string, string>>;
  user: Record<string, unknown>;
  signed: boolean;
}

/** What the tenant's system answers; undefined = `{"response":{}}`, nothing to say. */
export type Decision = (user: Record<string, unknown>) => object | undefined;

/** The tenant's own system, here on loopback: checks signatures, answers by its rule, and keeps what arrived. */
export class TourReceiver {
  secret?: string;
  private readonly received: Received[] = [];
  private readonly waiting: { hook: string; take: (received: Received) => void }[] = [];

  private constructor(
    private readonly server: Server,
    private readonly narrator: Narrator,
    private readonly decide: Decision,
  ) {}

  static async start(narrator: Narrator, decide: Decision): Promise<TourReceiver> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const receiver = new TourReceiver(server, narrator, decide);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const answer = receiver.take(request.url ?? '/', headers, Buffer.concat(chunks));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhook`;
  }

  /** The next call of a hook that nobody has taken yet. @throws Error when none comes within 30 s */
  next(hook: string): Promise<Received> {
    const at = this.received.findIndex(received => received.hook === hook);
    if (at >= 0) return Promise.resolve(this.received.splice(at, 1)[0]!);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${hook} did not arrive within 30 s`)), 30_000);
      const take = (received: Received) => {
        clearTimeout(timer);
        resolve(received);
      };
      this.waiting.push({ hook, take });
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private take(path: string, headers: Record<string, string>, body: Buffer): object {
    const hook = path.slice(path.lastIndexOf('/') + 1);
    const { request } = JSON.parse(body.toString() || '{}') as { request?: { user?: Record<string, unknown> } };
    const user = request?.user ?? {};
    const signed = this.secret !== undefined && isSignedBy(this.secret, { headers, body });
    const answer = (hook === 'validateUser' ? this.decide(user) : undefined) ?? { response: {} };
    this.narrator.message(
      '=>',
      `the platform posts ${path}${signed ? ' (signature verified)' : ''}`,
      request ? { request } : {},
    );
    this.narrator.message('<=', '200, the receiver answers', answer);
    const received = { hook, headers, user, signed };
    const waiting = this.waiting.findIndex(one => one.hook === hook);
    if (waiting >= 0) this.waiting.splice(waiting, 1)[0]!.take(received);
    else this.received.push(received);
    return answer;
  }
}
