/** How much a key may take: `quota` at once, and as much again in every `windowSeconds`, evenly. */
export interface Rate {
  quota: number;
  windowSeconds: number;
}

/** What a bucket holds after it was asked. */
export interface Level {
  allowed: boolean;
  /** Whole requests that are left. */
  remaining: number;
  /** Seconds until the bucket is full again. */
  resetSeconds: number;
  /** Seconds until the next request is allowed; 0 when one is left. */
  retryAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Token buckets by key in bounded memory. A bucket that has filled up is the same as none, so old keys are forgotten from the
 * least recently used end; only when more than `maxKeys` are in use at once does the longest unused one start afresh.
 */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    readonly rate: Rate,
    private readonly maxKeys = 50_000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.buckets.size;
  }

  /** Takes one token if there is one. */
  take(key: string): Level {
    const bucket = this.filled(key);
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    this.buckets.set(key, bucket);
    this.forget();
    return this.level(bucket, allowed);
  }

  /** The level without taking anything. */
  peek(key: string): Level {
    const bucket = this.filled(key, false);
    return this.level(bucket, bucket.tokens >= 1);
  }

  /** Gives back what was taken for a request that another limit refused. */
  giveBack(key: string): void {
    const bucket = this.buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.rate.quota, bucket.tokens + 1);
  }

  private filled(key: string, touch = true): Bucket {
    const known = this.buckets.get(key);
    const now = this.now();
    if (!known) return { tokens: this.rate.quota, at: now };
    // Deleting first moves the key to the recent end of the map when it is set again.
    if (touch) this.buckets.delete(key);
    const gained = ((now - known.at) / 1000) * this.perSecond;
    return { tokens: Math.min(this.rate.quota, known.tokens + gained), at: now };
  }

  private forget(): void {
    const fullAfterMs = this.rate.windowSeconds * 1000;
    const now = this.now();
    let looked = 0;
    for (const [key, bucket] of this.buckets) {
      const idle = now - bucket.at >= fullAfterMs;
      if (!idle && this.buckets.size <= this.maxKeys) return;
      this.buckets.delete(key);
      if (++looked >= 8) return;
    }
  }

  private get perSecond(): number {
    return this.rate.quota / this.rate.windowSeconds;
  }

  private level(bucket: Bucket, allowed: boolean): Level {
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.ceil((this.rate.quota - bucket.tokens) / this.perSecond),
      retryAfterSeconds: bucket.tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / this.perSecond)),
    };
  }
}
