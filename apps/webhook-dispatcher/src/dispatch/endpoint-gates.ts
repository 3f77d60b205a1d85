import { Injectable } from '@nestjs/common';
import type { TenantId } from '@countersign/kernel';
import type { HttpResult } from '../transport/http-sender.js';
import type { Endpoint } from '../endpoints/endpoint.js';
import { Breaker, CLOSED, type BreakerState } from './breaker.js';
import { CONCURRENCY_MAX, ConcurrencyLimit } from './concurrency-limit.js';
import { TokenBucket } from './token-bucket.js';

interface Gate {
  tenantId: TenantId;
  breaker: Breaker;
  limit: ConcurrencyLimit;
  bucket?: { perSecond: number; tokens: TokenBucket };
  /** The endpoint's own settings are known. */
  configured: boolean;
  /** The breaker changed and the change is not in the database yet: to be written, or being written. */
  news: 'none' | 'waiting' | 'writing';
  /** When the last change of this replica was in the database, by performance.now(): older reads do not count. */
  writtenAt: number;
  /** This replica was given the turn of the half-open breaker, at that time, and has not used it. */
  granted?: number;
}

const OVERLOADED = new Set([429, 502, 503, 504]);

/** What this replica knows of each endpoint's condition: breaker, adaptive concurrency and rate. Shared through endpoint_state. */
@Injectable()
export class EndpointGates {
  private readonly gates = new Map<string, Gate>();
  private changed: (tenantId: TenantId, endpointId: string) => void = () => undefined;

  /** @param callback told whenever a breaker opens or closes */
  onBreakerChange(callback: (tenantId: TenantId, endpointId: string) => void): void {
    this.changed = callback;
  }

  /**
   * Takes over an endpoint's settings, and the breaker that the database knows, when it is loaded.
   * @param readAt performance.now() before they were read
   */
  configure(endpoint: Endpoint, breaker?: BreakerState, readAt = performance.now()): void {
    const gate = this.gate(endpoint.tenantId, endpoint.id);
    gate.configured = true;
    gate.limit.setMax(endpoint.maxConcurrency ?? CONCURRENCY_MAX);
    if (endpoint.rateLimit !== (gate.bucket?.perSecond ?? null)) {
      gate.bucket = endpoint.rateLimit
        ? { perSecond: endpoint.rateLimit, tokens: new TokenBucket(endpoint.rateLimit, Date.now()) }
        : undefined;
    }
    if (breaker) this.restore(endpoint.id, breaker, readAt);
  }

  phase(endpointId: string, now: number): 'closed' | 'open' | 'half_open' {
    return this.gates.get(endpointId)?.breaker.phase(now) ?? 'closed';
  }

  /** For the scheduler: whether an attempt may start, or from when. */
  mayRun(endpointId: string, inFlight: number, now: number): boolean | number {
    const gate = this.gates.get(endpointId);
    // The first attempt loads the endpoint and with it its bounds; until then there is one at a time.
    if (!gate?.configured) return inFlight === 0;
    const phase = gate.breaker.phase(now);
    if (phase !== 'closed') return phase === 'half_open';
    if (inFlight >= gate.limit.current) return false;
    const readyAt = gate.bucket?.tokens.readyAt(now) ?? now;
    return readyAt <= now || readyAt;
  }

  /** An attempt starts. @returns whether it is the probe of a half-open breaker */
  begin(endpointId: string, now: number): boolean {
    const gate = this.gates.get(endpointId);
    if (!gate) return false;
    gate.bucket?.tokens.take(now);
    gate.granted = undefined;
    return gate.breaker.takeProbe(now);
  }

  /** Learns from an attempt. @param succeeded in the sense of the hook: a receiver that refuses properly is well */
  finished(endpointId: string, result: HttpResult, succeeded: boolean, probe: boolean): void {
    const gate = this.gates.get(endpointId);
    if (!gate) return;
    const now = Date.now();
    const overloaded =
      result.transport === 'timed_out' || result.transport === 'not_connected' || OVERLOADED.has(result.status ?? 0);
    if (overloaded) gate.limit.overloaded(performance.now());
    else gate.limit.answered();
    const wasClosed = gate.breaker.phase(now) === 'closed';
    const moved = succeeded ? gate.breaker.succeeded() && !wasClosed : gate.breaker.failed(now, probe);
    if (!moved) return;
    gate.news = 'waiting';
    this.changed(gate.tenantId, endpointId);
  }

  /** Closes the breaker: the endpoint was mended by a person. */
  reset(endpointId: string): void {
    const gate = this.gates.get(endpointId);
    if (!gate) return;
    gate.breaker.restore(CLOSED);
    // Written though the caller has closed it in the database: an opening may be on its way there.
    gate.news = 'waiting';
    gate.configured = false;
    this.changed(gate.tenantId, endpointId);
  }

  /**
   * What another replica did to the breaker, unless this one has news of its own that the read cannot have seen.
   * @param readAt performance.now() before it was read
   */
  restore(endpointId: string, state: BreakerState, readAt: number): void {
    const gate = this.gates.get(endpointId);
    if (!gate || gate.news !== 'none' || gate.writtenAt >= readAt) return;
    if (gate.granted !== undefined) {
      gate.breaker.restore({ ...state, openUntil: gate.granted });
      return;
    }
    const { openUntil } = gate.breaker.current;
    if (openUntil === state.openUntil) return;
    gate.breaker.restore(state.openUntil === 0 ? CLOSED : state);
    this.changed(gate.tenantId, endpointId);
  }

  /** This replica was given the one turn of an open breaker: the next attempt is the probe. */
  halfOpen(tenantId: TenantId, endpointId: string): void {
    const gate = this.gate(tenantId, endpointId);
    gate.granted = Date.now();
    gate.breaker.restore({ ...gate.breaker.current, openUntil: gate.granted });
  }

  /** What takeNews() gave was written, or could not be and stays to be written. */
  newsWritten(endpointIds: readonly string[], done: boolean): void {
    for (const id of endpointIds) {
      const gate = this.gates.get(id);
      if (!gate) continue;
      if (!done) gate.news = 'waiting';
      else if (gate.news === 'writing') gate.news = 'none';
      gate.writtenAt = performance.now();
    }
  }

  forget(endpointId: string): void {
    this.gates.delete(endpointId);
  }

  /** Breakers whose change must be written; `newsWritten` ends that. */
  takeNews(): { tenantId: TenantId; endpointId: string; state: BreakerState }[] {
    return [...this.gates].flatMap(([endpointId, gate]) => {
      if (gate.news !== 'waiting') return [];
      gate.news = 'writing';
      return [{ tenantId: gate.tenantId, endpointId, state: gate.breaker.current }];
    });
  }

  /** For metrics: how many breakers are not closed. */
  openCount(now: number): number {
    return [...this.gates.values()].filter(({ breaker }) => breaker.phase(now) !== 'closed').length;
  }

  private gate(tenantId: TenantId, endpointId: string): Gate {
    let gate = this.gates.get(endpointId);
    if (!gate)
      this.gates.set(
        endpointId,
        (gate = {
          tenantId,
          breaker: new Breaker(),
          limit: new ConcurrencyLimit(),
          configured: false,
          news: 'none',
          writtenAt: -1,
        }),
      );
    return gate;
  }
}
