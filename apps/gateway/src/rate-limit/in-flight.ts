import { DomainError } from '@countersign/kernel';
import { CONFIG, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { GatewayConfig } from '../config.js';
import { limitKey } from '../edge/client-address.js';

interface Holder {
  key: string;
  max: number;
}

/**
 * Bounds what one client, and one tenant, has under way at the same time. A rate alone would not: requests whose bodies come
 * byte by byte, or that wait for something slow, would use up what a service takes at once and shut everybody else out.
 */
@Injectable()
export class InFlight {
  private readonly running = new Map<string, number>();
  private readonly refused: Counter;

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<GatewayConfig, 'MAX_IN_FLIGHT_PER_CLIENT' | 'MAX_IN_FLIGHT_PER_TENANT'>,
    metrics: Registry,
  ) {
    this.refused = new Counter({
      name: 'gateway_in_flight_refused_total',
      help: 'Requests refused with 429 because their client or tenant had too many under way.',
      registers: [metrics],
    });
  }

  /** @throws DomainError 429 `rate_limited`, at once, when the client or its tenant has too many under way */
  async run<T>(address: string, principal: Principal | undefined, work: () => Promise<T>): Promise<T> {
    const holders = this.holdersOf(address, principal);
    if (holders.some(({ key, max }) => (this.running.get(key) ?? 0) >= max)) {
      this.refused.inc();
      const message = 'Too many of your requests are under way at the same time; wait for some of them to end';
      throw new DomainError('rate_limited', 'rate_limited', message, {
        retryAfter: 1,
        extra: { 'violated-policies': ['in_flight'] },
      });
    }
    for (const { key } of holders) this.running.set(key, (this.running.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const { key } of holders) this.end(key);
    }
  }

  private holdersOf(address: string, principal: Principal | undefined): Holder[] {
    const { MAX_IN_FLIGHT_PER_CLIENT: perClient, MAX_IN_FLIGHT_PER_TENANT: perTenant } = this.config;
    if (!principal) return [{ key: `address|${limitKey(address)}`, max: perClient }];
    const { tenantId, kind, id } = principal;
    return [
      { key: `${kind}|${tenantId}|${id}`, max: perClient },
      { key: `tenant|${tenantId}`, max: perTenant },
    ];
  }

  private end(key: string): void {
    const left = this.running.get(key)! - 1;
    if (left > 0) this.running.set(key, left);
    else this.running.delete(key);
  }
}
