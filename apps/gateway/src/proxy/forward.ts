import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { childTraceparent, DomainError } from '@countersign/kernel';
import { CONFIG, ServiceTokens } from '@countersign/platform';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { Dispatcher, Pool } from 'undici';
import type { GatewayConfig } from '../config.js';
import type { Caller } from '../authentication/authenticate.js';
import type { Exchange } from '../edge/exchange.js';
import type { ServiceName } from '../routing/services.js';
import type { Route } from '../routing/route-table.js';
import { BodyLimiter, planBody, type BodyPlan } from './request-body.js';
import { upstreamRequestHeaders } from './request-headers.js';
import { downstreamResponseHeaders } from './response-headers.js';
import { Upstreams } from './upstreams.js';

class ClientGone extends Error {}
class DeadlinePassed extends Error {}

/** One request on its way through, from the first byte to the last. */
interface Passage {
  service: ServiceName;
  request: IncomingMessage;
  response: ServerResponse;
  body: BodyPlan | undefined;
  abort: AbortController;
  /** How the service's answer broke off, after it had begun. */
  broken?: Error;
}

/**
 * Passes a request on to its service and the answer back, byte by byte as both come. Neither body is parsed or kept; a slow
 * reader slows the writer down, and a client that goes away ends the service's work.
 */
@Injectable()
export class Forward implements BeforeApplicationShutdown {
  private readonly logger = new Logger('proxy');
  private readonly streams = new Set<() => void>();
  private readonly errors: Counter<'upstream' | 'reason'>;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    private readonly upstreams: Upstreams,
    private readonly serviceTokens: ServiceTokens,
    metrics: Registry,
  ) {
    this.errors = new Counter({
      name: 'gateway_upstream_errors_total',
      help: 'Requests that a service did not answer to the end.',
      labelNames: ['upstream', 'reason'],
      registers: [metrics],
    });
  }

  /**
   * @throws DomainError 400, 413, 415 for a body that may not pass; 503 `service_unavailable` when the service is away or too
   *   slow, `overloaded` when it has too much to do. Once the answer has begun, its failure breaks the connection instead.
   */
  async execute(
    exchange: Exchange,
    route: Route & { service: ServiceName },
    caller: Caller | undefined,
  ): Promise<void> {
    const { request, response } = exchange;
    const body = planBody(request, route, {
      jsonBytes: this.config.MAX_BODY_BYTES,
      importBytes: this.config.MAX_IMPORT_BYTES,
    });
    const headers = upstreamRequestHeaders(request.headers, {
      serviceToken: await this.serviceTokens.tokenFor(route.service),
      client: exchange.client,
      requestId: exchange.requestId,
      traceparent: childTraceparent(exchange.traceparent),
      tenantId: caller?.principal.tenantId,
      authorization: caller?.authorization,
    });
    const passage: Passage = { service: route.service, request, response, body, abort: new AbortController() };
    const { abort } = passage;
    const onClose = () => {
      if (!response.writableFinished) abort.abort(new ClientGone());
    };
    if (response.closed) return;
    response.once('close', onClose);
    const deadline = body?.bulk
      ? undefined
      : setTimeout(() => abort.abort(new DeadlinePassed()), this.config.REQUEST_DEADLINE_MS);
    try {
      await this.upstreams.use(route.service, pool => this.pass(passage, pool, exchange, headers, deadline));
    } catch (error) {
      this.fail(passage, error);
    } finally {
      clearTimeout(deadline);
      response.off('close', onClose);
    }
  }

  /** Streams that have no end of their own are ended when the gateway stops; their clients connect to another replica. */
  beforeApplicationShutdown(): void {
    for (const end of this.streams) end();
  }

  private async pass(
    passage: Passage,
    pool: Pool,
    exchange: Exchange,
    headers: Record<string, string | string[]>,
    deadline: NodeJS.Timeout | undefined,
  ): Promise<void> {
    const { response, abort } = passage;
    const answer = await this.ask(passage, pool, exchange.target, headers);
    answer.body.once('error', (error: Error) => {
      if (!abort.signal.aborted) passage.broken = error;
    });
    const own = new Set(response.getHeaderNames());
    response.writeHead(answer.statusCode, downstreamResponseHeaders(answer.headers, own));
    if (isEventStream(answer)) {
      clearTimeout(deadline);
      await this.passEvents(response, answer.body);
    } else await pipeline(answer.body, response, { signal: abort.signal });
  }

  private async passEvents(response: ServerResponse, events: Readable): Promise<void> {
    const end = () => {
      events.unpipe(response);
      response.end();
    };
    this.streams.add(end);
    events.on('error', () => response.destroy());
    response.flushHeaders();
    try {
      await finished(events.pipe(response));
    } finally {
      this.streams.delete(end);
      events.destroy();
    }
  }

  private async ask(
    passage: Passage,
    pool: Pool,
    path: string,
    headers: Record<string, string | string[]>,
  ): Promise<Dispatcher.ResponseData> {
    const { request, body, abort } = passage;
    const options = { path, method: request.method as Dispatcher.HttpMethod, headers, signal: abort.signal };
    if (body) {
      if (/^100-continue$/i.test(request.headers.expect ?? '')) passage.response.writeContinue();
      const limiter = request.pipe(new BodyLimiter(body.maxBytes));
      try {
        return await pool.request({ ...options, body: limiter });
      } catch (error) {
        throw limiter.errored instanceof DomainError ? limiter.errored : error;
      } finally {
        limiter.once('close', () => request.unpipe(limiter));
      }
    }
    try {
      return await pool.request(options);
    } catch (error) {
      // A kept connection that the service closed just now; nothing was answered, and the method changes nothing.
      if (!isSafe(request.method) || abort.signal.aborted || !isClosedConnection(error)) throw error;
      return await pool.request(options);
    }
  }

  private fail(passage: Passage, error: unknown): void {
    const { service, response, abort } = passage;
    const reason: unknown = passage.broken ?? (abort.signal.aborted ? abort.signal.reason : error);
    if (reason instanceof ClientGone) return;
    if (reason instanceof DomainError && !response.headersSent) throw reason;
    const code = reasonCode(reason);
    this.errors.inc({ upstream: service, reason: code });
    this.logger.warn(
      `${service}: ${code} on ${passage.request.method} (${reason instanceof Error ? reason.message : String(reason)})`,
    );
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const message =
      reason instanceof DeadlinePassed
        ? `The service did not answer within ${this.config.REQUEST_DEADLINE_MS / 1000} s; what it was asked may still happen`
        : 'The service cannot be reached at the moment; try again shortly';
    throw new DomainError('service_unavailable', 'unavailable', message, { retryAfter: 2, cause: reason });
  }
}

function isEventStream(answer: Dispatcher.ResponseData): boolean {
  const type = answer.headers['content-type'];
  return typeof type === 'string' && type.toLowerCase().startsWith('text/event-stream');
}

function isSafe(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

function isClosedConnection(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
}

function reasonCode(error: unknown): string {
  if (error instanceof DeadlinePassed) return 'deadline';
  return (codeOf(error) ?? 'error').toLowerCase().replace(/^und_err_/, '');
}
