import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { DomainError, runInContext } from '@countersign/kernel';
import { CONFIG, ReadinessRegistry, toProblem } from '@countersign/platform';
import { Inject, Injectable, Logger, MethodNotAllowedException } from '@nestjs/common';
import { Authenticate, type Caller } from '../authentication/authenticate.js';
import type { GatewayConfig } from '../config.js';
import { Forward } from '../proxy/forward.js';
import { discardRest } from '../proxy/request-body.js';
import { InFlight } from '../rate-limit/in-flight.js';
import { RateLimiter, type Decision } from '../rate-limit/rate-limiter.js';
import { parseRequestTarget } from '../routing/request-target.js';
import { RouteTable, type Route } from '../routing/route-table.js';
import type { ServiceName } from '../routing/services.js';
import { ClientAddresses } from './client-address.js';
import { Cors } from './cors.js';
import { openExchange, type Exchange } from './exchange.js';
import { HttpMetrics } from './http-metrics.js';
import { refuseMalformed } from './malformed-http.js';
import { securityHeaders } from './security-headers.js';

/** The gateway's own pages, served by Nest once the door has let the request in. */
export type OwnPages = (request: IncomingMessage, response: ServerResponse) => void;

/** Never limited: an orchestrator asks often, from one address. */
const UNLIMITED = ['/healthz', '/readyz'];

/** Every request enters here: address, route, credential and limits are settled before anything else happens to it. */
@Injectable()
export class Door {
  private readonly logger = new Logger('door');
  private readonly addresses: ClientAddresses;
  private readonly cors: Cors;
  private readonly securityHeaders: Record<string, string>;

  constructor(
    @Inject(CONFIG) config: GatewayConfig,
    private readonly routes: RouteTable,
    private readonly authenticate: Authenticate,
    private readonly limiter: RateLimiter,
    private readonly inFlight: InFlight,
    private readonly forward: Forward,
    private readonly readiness: ReadinessRegistry,
    private readonly metrics: HttpMetrics,
  ) {
    this.addresses = new ClientAddresses(config.TRUSTED_PROXIES);
    this.cors = new Cors(config.CORS_ORIGINS);
    this.securityHeaders = securityHeaders(config.PUBLIC_URL);
  }

  /** Answers a request, whatever it is; never throws. */
  enter(request: IncomingMessage, response: ServerResponse, ownPages: OwnPages): void {
    const forwardedFor = request.headers['x-forwarded-for'];
    const client = this.addresses.of(
      request.socket.remoteAddress,
      Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor,
    );
    const exchange = openExchange(request, response, client);
    this.metrics.observe(exchange);
    // A stream that breaks is told by its close; without a listener its error would end the process.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    this.set(exchange, {
      ...this.securityHeaders,
      ...this.cors.headersFor(request.headers),
      'x-request-id': exchange.requestId,
    });
    if (this.readiness.draining) this.set(exchange, { connection: 'close' });
    response.once('finish', () => {
      discardRest(request);
      if (this.readiness.draining) request.socket?.end();
    });
    const context = {
      traceparent: exchange.traceparent,
      clientIp: client,
      userAgent: request.headers['user-agent']?.slice(0, 512),
    };
    runInContext(context, () => {
      this.pass(exchange, ownPages).catch((error: unknown) => this.refuse(exchange, error));
    });
  }

  /** Answers bytes that are no request. */
  refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    this.metrics.countMalformed(refuseMalformed(error, socket, this.securityHeaders));
  }

  private async pass(exchange: Exchange, ownPages: OwnPages): Promise<void> {
    const { request, response } = exchange;
    const route = this.route(exchange);
    if (!route) return;
    const caller = await this.admit(exchange, route);
    if (isProxied(route)) {
      await this.inFlight.run(exchange.client, caller?.principal, () => this.forward.execute(exchange, route, caller));
      return;
    }
    if (this.readiness.draining) throw new DomainError('stopping', 'unavailable', 'The gateway is stopping');
    request.url = exchange.target;
    ownPages(request, response);
  }

  /** The route of a request; undefined when it was answered here already (OPTIONS). */
  private route(exchange: Exchange): Route | undefined {
    const { request } = exchange;
    const method = request.method ?? '';
    let match;
    try {
      if (request.headers.host === undefined && request.httpVersion !== '1.0') throw missingHost();
      const { segments, path, query } = parseRequestTarget(request.url ?? '');
      exchange.target = path + query;
      match = this.routes.find(method, segments);
      if (match.kind === 'none')
        throw new DomainError('not_found', 'not_found', 'There is nothing under this path; see /docs');
    } catch (error) {
      this.count(exchange, this.limiter.countAddress(exchange.client));
      throw error;
    }
    if (match.kind === 'found') {
      exchange.route = match.route.template;
      return match.route;
    }
    exchange.route = match.template;
    this.count(exchange, this.limiter.countAddress(exchange.client));
    this.set(exchange, { allow: match.allow.join(', ') });
    if (method !== 'OPTIONS') {
      throw new MethodNotAllowedException(`${method.slice(0, 20)} is not possible here; use ${match.allow.join(', ')}`);
    }
    this.set(exchange, this.cors.preflight(request.headers, match.allow));
    exchange.response.writeHead(204).end();
    return undefined;
  }

  /** Credential and limits. Whoever has no valid token is counted by its address, guesses at API keys before they are tried. */
  private async admit(exchange: Exchange, route: Route): Promise<Caller | undefined> {
    if (UNLIMITED.includes(route.template)) return undefined;
    let counted = false;
    const countAddress = () => {
      if (counted) return;
      counted = true;
      this.count(exchange, this.limiter.countAddress(exchange.client));
    };
    if (route.public) {
      countAddress();
      return undefined;
    }
    let caller: Caller;
    try {
      caller = await this.authenticate.execute(exchange.request.headers.authorization, countAddress);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') countAddress();
      throw error;
    }
    this.count(exchange, this.limiter.countPrincipal(caller.principal));
    return caller;
  }

  private count(exchange: Exchange, decision: Decision): void {
    this.set(exchange, decision.headers);
    if (decision.refusal) throw decision.refusal;
  }

  private refuse(exchange: Exchange, error: unknown): void {
    const { response } = exchange;
    const { problem, headers } = toProblem(error);
    if (problem.code === 'internal_error') this.logger.error(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = JSON.stringify(problem);
    response.writeHead(problem.status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  private set(exchange: Exchange, headers: Record<string, string>): void {
    for (const [name, value] of Object.entries(headers)) exchange.response.setHeader(name, value);
  }
}

function missingHost(): DomainError {
  const message = 'An HTTP/1.1 request has a Host header';
  return new DomainError('malformed_request', 'malformed', message, {
    errors: [{ pointer: 'Host', code: 'required', message }],
  });
}

function isProxied(route: Route): route is Route & { service: ServiceName } {
  return route.service !== 'gateway';
}
