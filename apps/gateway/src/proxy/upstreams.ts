import { createConnection } from 'node:net';
import { DomainError } from '@countersign/kernel';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Pool } from 'undici';
import type { GatewayConfig } from '../config.js';
import { SERVICES, SERVICE_NAMES, type ServiceName } from '../routing/services.js';

/** Below the 72 s for which the services keep an idle connection, so that it is never used while they close it. */
const KEEP_ALIVE_MS = 30_000;
const PROBE_MS = 1_000;

/** The connections to the services, and how many requests are under way on them. */
@Injectable()
export class Upstreams implements OnApplicationShutdown {
  private readonly all: ReadonlyMap<ServiceName, { url: URL; pool: Pool; inFlight: number }>;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    metrics: Registry,
  ) {
    const open = (name: ServiceName) => {
      const url = new URL(config[SERVICES[name].url]);
      const pool = new Pool(url.origin, {
        connect: { timeout: config.CONNECT_TIMEOUT_MS },
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        // Deadlines are of the whole request, and some answers have none; they are kept where the request is.
        headersTimeout: 0,
        bodyTimeout: 0,
        pipelining: 1,
      });
      return [name, { url, pool, inFlight: 0 }] as const;
    };
    const all = new Map(SERVICE_NAMES.map(open));
    this.all = all;
    new Gauge({
      name: 'gateway_upstream_in_flight',
      help: 'Requests under way to a service.',
      labelNames: ['upstream'],
      registers: [metrics],
      collect() {
        for (const [upstream, { inFlight }] of all) this.set({ upstream }, inFlight);
      },
    });
  }

  /** Runs a call to a service. @throws DomainError 503 `overloaded` when too many are under way already */
  async use<T>(service: ServiceName, work: (pool: Pool) => Promise<T>): Promise<T> {
    const upstream = this.all.get(service)!;
    if (upstream.inFlight >= this.config.MAX_IN_FLIGHT) {
      throw new DomainError('overloaded', 'unavailable', 'Too many requests are under way; try again in a moment', {
        retryAfter: 1,
      });
    }
    upstream.inFlight += 1;
    try {
      return await work(upstream.pool);
    } finally {
      upstream.inFlight -= 1;
    }
  }

  /** Undefined when the service takes connections, else the reason. */
  reach(service: ServiceName): Promise<string | undefined> {
    const { url } = this.all.get(service)!;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    return new Promise(resolve => {
      const socket = createConnection({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: PROBE_MS });
      const end = (reason?: string) => {
        socket.destroy();
        resolve(reason);
      };
      socket.once('connect', () => end());
      socket.once('timeout', () => end(`${service} does not take connections within ${PROBE_MS / 1000} s`));
      socket.once('error', (error: NodeJS.ErrnoException) =>
        end(`${service} cannot be reached (${error.code ?? error.message})`),
      );
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.all.values()].map(({ pool }) => pool.destroy()));
  }
}
