import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Exchange } from './exchange.js';

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What Prometheus learns of every request. Routes are templates and methods a closed list, so clients cannot make series. */
@Injectable()
export class HttpMetrics {
  private readonly requests: Counter<'route' | 'method' | 'status'>;
  private readonly duration: Histogram<'route' | 'method'>;
  private readonly inFlight: Gauge;
  private readonly malformed: Counter<'status'>;

  constructor(metrics: Registry) {
    const registers = [metrics];
    this.requests = new Counter({
      name: 'gateway_requests_total',
      help: 'Requests by route and status; status 499 is a client that went away.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.duration = new Histogram({
      name: 'gateway_request_duration_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['route', 'method'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    });
    this.inFlight = new Gauge({ name: 'gateway_requests_in_flight', help: 'Requests under way.', registers });
    this.malformed = new Counter({
      name: 'gateway_malformed_requests_total',
      help: 'Connections refused because what came was no HTTP request.',
      labelNames: ['status'],
      registers,
    });
  }

  /** Follows an exchange to its end. */
  observe(exchange: Exchange): void {
    const { request, response } = exchange;
    const method = KNOWN_METHODS.has(request.method ?? '') ? request.method! : 'other';
    const begin = performance.now();
    this.inFlight.inc();
    response.once('close', () => {
      this.inFlight.dec();
      const { route } = exchange;
      const status = response.writableFinished ? String(response.statusCode) : '499';
      this.requests.inc({ route, method, status });
      this.duration.observe({ route, method }, (performance.now() - begin) / 1000);
    });
  }

  countMalformed(status: number): void {
    this.malformed.inc({ status: String(status) });
  }
}
