import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { eventually } from '../eventually.js';
import { answers, sendAnswer, type ReceiverAnswer } from './receiver-answer.js';
import type { TestCertificates } from './test-certificates.js';

/** A request as it arrived: names of headers in lower case, the body byte for byte (signatures cover it). */
export interface ReceivedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  rawBody: Buffer;
  /** The body parsed, or undefined when it is no JSON. */
  json: unknown;
}

export type Respond = ReceiverAnswer | ((request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer>);

/** A tenant's webhook receiver on the loopback address: records every request, and answers as the test says, by default 200 `{}`. */
export class WebhookReceiver {
  readonly requests: ReceivedRequest[] = [];
  private readonly rules = new Map<string, Respond>();
  private readonly once = new Map<string, Respond[]>();

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  /** @param options.tls serves HTTPS with that certificate */
  static async start(options: { tls?: TestCertificates; port?: number } = {}): Promise<WebhookReceiver> {
    const { tls } = options;
    const server = tls ? createHttpsServer({ cert: tls.cert, key: tls.key }) : createHttpServer();
    const receiver = new WebhookReceiver(server, tls ? 'https' : 'http');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // A caller that gives up is part of the tests.
      receiver.handle(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** e.g. `http://127.0.0.1:40123`, without a slash at the end. */
  get url(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  /** Answers each request to a path (`*` = any other) so from now on. */
  answer(path: string, respond: Respond): this {
    this.rules.set(path, respond);
    return this;
  }

  /** Answers the next request to a path so, once; several calls queue up. */
  answerOnce(path: string, respond: Respond): this {
    this.once.set(path, [...(this.once.get(path) ?? []), respond]);
    return this;
  }

  requestsTo(path: string): ReceivedRequest[] {
    return this.requests.filter(request => request.path === path);
  }

  /** Waits until that many requests to a path have come, and answers them. */
  waitFor(path: string, count = 1, timeoutMs = 15_000): Promise<ReceivedRequest[]> {
    return eventually(
      () => {
        const found = this.requestsTo(path);
        if (found.length < count)
          throw new Error(`${found.length} of ${count} requests to ${path} within ${timeoutMs} ms`);
        return found;
      },
      { timeoutMs },
    );
  }

  /** Forgets what came and how to answer. */
  reset(): void {
    this.requests.length = 0;
    this.rules.clear();
    this.once.clear();
  }

  /** Ends all connections, hanging ones included. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const rawBody = await buffer(request);
    const received: ReceivedRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      rawBody,
      json: parse(rawBody),
    };
    this.requests.push(received);
    const respond =
      this.once.get(received.path)?.shift() ?? this.rules.get(received.path) ?? this.rules.get('*') ?? answers.json({});
    await sendAnswer(response, typeof respond === 'function' ? await respond(received) : respond);
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
