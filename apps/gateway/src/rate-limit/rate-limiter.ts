import { DomainError } from '@countersign/kernel';
import { CONFIG, type Principal } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { GatewayConfig } from '../config.js';
import { limitKey } from '../edge/client-address.js';
import { TokenBuckets, type Level, type Rate } from './token-buckets.js';

type Policy = 'tenant' | 'principal' | 'address';

/** The limits that a request was counted by, as its answer tells them. */
export interface Counted {
  policy: Policy;
  rate: Rate;
  level: Level;
}

/** Requests per tenant, per principal, and per client address where nobody is signed in; all of this replica alone. */
@Injectable()
export class RateLimiter {
  private readonly buckets: Record<Policy, TokenBuckets>;
  private readonly limited: Counter<'policy'>;

  constructor(@Inject(CONFIG) config: GatewayConfig, metrics: Registry) {
    this.buckets = {
      tenant: new TokenBuckets(config.RATE_LIMIT_TENANT),
      principal: new TokenBuckets(config.RATE_LIMIT_PRINCIPAL),
      address: new TokenBuckets(config.RATE_LIMIT_ADDRESS),
    };
    this.limited = new Counter({
      name: 'gateway_rate_limited_total',
      help: 'Requests refused with 429, by the limit that was reached.',
      labelNames: ['policy'],
      registers: [metrics],
    });
  }

  /** Counts a request of nobody in particular. @returns what the answer tells; `refusal` when it is one too many */
  countAddress(address: string): Decision {
    return this.decide([this.take('address', limitKey(address))]);
  }

  /** Counts a request of a principal, and of its tenant; one that either limit refuses costs neither. */
  countPrincipal(principal: Principal): Decision {
    const key = `${principal.tenantId}|${principal.kind}|${principal.id}`;
    const own = this.take('principal', key);
    if (!own.level.allowed) return this.decide([own, this.peek('tenant', principal.tenantId)]);
    const tenant = this.take('tenant', principal.tenantId);
    if (tenant.level.allowed) return this.decide([own, tenant]);
    this.buckets.principal.giveBack(key);
    return this.decide([this.peek('principal', key), tenant]);
  }

  private take(policy: Policy, key: string): Counted {
    return { policy, rate: this.buckets[policy].rate, level: this.buckets[policy].take(key) };
  }

  private peek(policy: Policy, key: string): Counted {
    const level = this.buckets[policy].peek(key);
    return { policy, rate: this.buckets[policy].rate, level: { ...level, allowed: true } };
  }

  private decide(counted: Counted[]): Decision {
    const refused = counted.filter(({ level }) => !level.allowed);
    for (const { policy } of refused) this.limited.inc({ policy });
    const headers = rateLimitHeaders(counted);
    if (refused.length === 0) return { headers };
    const retryAfter = Math.max(...refused.map(({ level }) => level.retryAfterSeconds));
    const refusal = new DomainError('rate_limited', 'rate_limited', `Too many requests; try again in ${retryAfter} s`, {
      retryAfter,
      extra: { 'violated-policies': refused.map(({ policy }) => policy) },
    });
    return { headers, refusal };
  }
}

export interface Decision {
  headers: Record<string, string>;
  /** 429 `rate_limited`, to be thrown. */
  refusal?: DomainError;
}

/** Draft-ietf-httpapi-ratelimit-headers, in the form it has had since revision 08. */
export function rateLimitHeaders(counted: readonly Counted[]): Record<string, string> {
  return {
    'ratelimit-policy': counted
      .map(({ policy, rate }) => `"${policy}";q=${rate.quota};w=${rate.windowSeconds}`)
      .join(', '),
    ratelimit: counted
      .map(({ policy, level }) => `"${policy}";r=${level.remaining};t=${level.resetSeconds}`)
      .join(', '),
  };
}
