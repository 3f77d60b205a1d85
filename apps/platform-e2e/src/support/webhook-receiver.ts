import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { eventually, type Patience } from './eventually.js';
import { json, type Behaviour } from './receiver-behaviour.js';
import { ReceivedCall } from './received-call.js';

export interface ReceiverTls {
  readonly key: string;
  readonly cert: string;
}

/** A tenant's own system: records every call and answers as the test says, `{"response":{}}` unless told otherwise. */
export class WebhookReceiver {
  readonly calls: ReceivedCall[] = [];
  private readonly behaviours = new Map<string, Behaviour>();

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(tls?: ReceiverTls): Promise<WebhookReceiver> {
    // Node gives the handler to the server at once, the receiver exists only when the port is known.
    const handler: { serve?: (request: IncomingMessage, response: ServerResponse) => void } = {};
    const listener = (request: IncomingMessage, response: ServerResponse) => handler.serve?.(request, response);
    const server = tls ? createTlsServer({ ...tls }, listener) : createServer(listener);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(server, `${tls ? 'https' : 'http'}://127.0.0.1:${String(port)}`);
    handler.serve = (request, response) => void receiver.serve(request, response);
    return receiver;
  }

  /** The base URL for an endpoint, as in the contract's examples. */
  get url(): string {
    return `${this.origin}/webhook`;
  }

  /** Programs the hook's path, e.g. `on('validateUser', hang())`. */
  on(hook: string, behaviour: Behaviour): this {
    this.behaviours.set(`/webhook/${hook}`, behaviour);
    return this;
  }

  /** What arrived for a hook so far, in order of arrival. */
  received(hook: string): readonly ReceivedCall[] {
    return this.calls.filter(call => call.path === `/webhook/${hook}`);
  }

  /** Waits until `count` calls of the hook (that match) have arrived. */
  async waitFor(
    hook: string,
    { count = 1, where = () => true }: { count?: number; where?: (call: ReceivedCall) => boolean } = {},
    patience?: Patience,
  ): Promise<ReceivedCall[]> {
    return eventually(
      `${String(count)} call(s) of ${hook} at the receiver`,
      () => {
        const found = this.received(hook).filter(where);
        if (found.length < count) throw new Error(`only ${String(found.length)} arrived`);
        return found;
      },
      patience,
    );
  }

  /** Waits for the first call of the hook that concerns this login. */
  async waitForLogin(hook: string, login: string, patience?: Patience): Promise<ReceivedCall> {
    const [first] = await this.waitFor(hook, { where: call => call.user['login'] === login }, patience);
    if (!first) throw new Error('unreachable: waitFor answers with at least one call');
    return first;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The caller hung up in the middle of its request: nothing arrived.
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
    }
    const path = request.url ?? '/';
    const call = new ReceivedCall(request.method ?? '', path, headers, Buffer.concat(chunks), performance.now());
    this.calls.push(call);
    const behaviour = this.behaviours.get(path) ?? json({ response: {} });
    try {
      await behaviour(call, response);
    } catch (error) {
      if (!response.headersSent) response.writeHead(599).end(String(error));
    }
  }
}
