import { createSecureContext, getCACertificates } from 'node:tls';
import { Pool } from 'undici';
import { BoundedExchange, type Exchanged } from './bounded-exchange.js';
import { GuardedConnector, TargetDenied } from './guarded-connector.js';

const POOL_IDLE_MS = 60_000;

export interface HttpAttempt {
  /** Endpoint and version: connections are shared by attempts of the same configuration only. */
  poolKey: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
  /** Of the whole attempt, the answer's body included, in milliseconds. */
  deadlineMs: number;
  /** PEM certificates that are trusted beside the system's. */
  caBundle?: string | null;
}

export type Transport =
  | 'answered' // a whole answer, or as much of it as is read
  | 'timed_out'
  | 'denied' // by the guard: nothing was sent
  | 'not_connected' // no connection, or it ended before an answer began
  | 'broken'; // the answer began and was not finished

export interface HttpResult {
  transport: Transport;
  startedAt: Date;
  durationMs: number;
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer;
  truncated?: boolean;
  /** For people: what went wrong. */
  error?: string;
  /** The address that was dialled. */
  address?: string;
}

interface Held {
  pool: Pool;
  usedAt: number;
  dials: number;
  address?: string;
  running: number;
}

/** Posts to tenants' receivers through the guard: no redirects, no proxy of the environment, one deadline, a bounded answer. */
export class HttpSender {
  private readonly pools = new Map<string, Held>();
  private sweptAt = 0;

  constructor(private readonly connector: GuardedConnector) {}

  async post(attempt: HttpAttempt): Promise<HttpResult> {
    const held = this.hold(attempt);
    held.running++;
    try {
      const until = performance.now() + attempt.deadlineMs;
      const dials = held.dials;
      const first = await this.once(held, attempt, attempt.deadlineMs);
      // A kept connection that the receiver closed at this very moment: nothing was handled, a fresh one is tried at once.
      const left = Math.floor(until - performance.now());
      const stale = first.transport === 'not_connected' && held.dials === dials && left > 0;
      if (!stale) return first;
      const second = await this.once(held, attempt, left);
      return { ...second, startedAt: first.startedAt, durationMs: first.durationMs + second.durationMs };
    } finally {
      held.running--;
      held.usedAt = Date.now();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map(({ pool }) => pool.destroy()));
    this.pools.clear();
  }

  private async once(held: Held, attempt: HttpAttempt, deadlineMs: number): Promise<HttpResult> {
    const startedAt = new Date();
    const start = performance.now();
    const request = {
      method: 'POST' as const,
      path: attempt.url.pathname + attempt.url.search,
      headers: attempt.headers,
      body: attempt.body,
    };
    const exchanged = await BoundedExchange.run(held.pool, request, deadlineMs);
    const result = resultOf(exchanged, deadlineMs);
    return {
      ...result,
      startedAt,
      durationMs: Math.round(performance.now() - start),
      ...(result.transport === 'denied' ? {} : { address: held.address }),
    };
  }

  private hold(attempt: HttpAttempt): Held {
    this.sweep();
    const key = `${attempt.poolKey} ${attempt.url.origin}`;
    const known = this.pools.get(key);
    if (known) return known;
    const secureContext = attempt.caBundle
      ? createSecureContext({ ca: [...getCACertificates('default'), attempt.caBundle] })
      : undefined;
    const held: Held = { usedAt: Date.now(), dials: 0, running: 0, pool: undefined as never };
    held.pool = new Pool(attempt.url.origin, {
      connect: this.connector.forUndici(secureContext, ({ address }) => {
        held.dials++;
        held.address = address;
      }),
      pipelining: 1,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
      // The attempt's own deadline covers all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
    this.pools.set(key, held);
    return held;
  }

  private sweep(): void {
    const now = Date.now();
    if (now - this.sweptAt < POOL_IDLE_MS / 4) return;
    this.sweptAt = now;
    for (const [key, held] of this.pools) {
      if (held.running > 0 || now - held.usedAt < POOL_IDLE_MS) continue;
      this.pools.delete(key);
      void held.pool.destroy();
    }
  }
}

function resultOf(exchanged: Exchanged, deadlineMs: number): Omit<HttpResult, 'startedAt' | 'durationMs'> {
  switch (exchanged.kind) {
    case 'answered':
      return { transport: 'answered', ...exchanged.answer };
    case 'timed_out':
      return { transport: 'timed_out', ...exchanged.answer, error: `no complete answer within ${deadlineMs} ms` };
    case 'failed':
      return { ...failureOf(exchanged.error, exchanged.answer !== undefined), ...exchanged.answer };
  }
}

function failureOf(error: Error, began: boolean): Pick<HttpResult, 'transport' | 'error'> {
  const { name, message } = error;
  if (error instanceof TargetDenied) return { transport: 'denied', error: message };
  if (began) return { transport: 'broken', error: `the answer was not finished: ${message}` };
  // A receiver that answers something else than HTTP, or too much of it, has answered; it was connected.
  if (name === 'HTTPParserError') return { transport: 'broken', error: `the answer is not HTTP: ${message}` };
  if (name === 'HeadersOverflowError')
    return { transport: 'broken', error: 'the answer has more headers than are read' };
  return { transport: 'not_connected', error: message };
}
