import { DomainError } from '@countersign/kernel';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { AuthMfaConfig } from '../config.js';
import { PasswordHasher } from './password-hasher.js';

/** Hashing for a call that was let in; each use waits for a free core. */
export type Hashing = Pick<PasswordHasher, 'hash' | 'verify'>;

/**
 * Bounds the work of hashing: a hash costs 19 MiB and 20 ms of a core, so as many run at once as there are cores, and only
 * so many calls are let in as can be served within about a second. The rest are told at once, before anything was counted
 * against them: a queue without end would answer nobody in time.
 */
@Injectable()
export class PasswordHashing {
  private admitted = 0;
  private refused = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly hasher: PasswordHasher,
    @Inject(CONFIG)
    private readonly bounds: Pick<AuthMfaConfig, 'PASSWORD_HASH_CONCURRENCY' | 'PASSWORD_HASH_QUEUE'>,
  ) {}

  /** Calls let in now, and calls refused so far. */
  get load(): { admitted: number; refused: number } {
    return { admitted: this.admitted, refused: this.refused };
  }

  /** @throws DomainError 503 `overloaded` with Retry-After, at once, when too many calls are under way */
  async admit<T>(work: (hashing: Hashing) => Promise<T>): Promise<T> {
    if (this.admitted >= this.bounds.PASSWORD_HASH_CONCURRENCY + this.bounds.PASSWORD_HASH_QUEUE) {
      this.refused += 1;
      throw new DomainError('overloaded', 'unavailable', 'Too many sign-ins at once; try again in a moment', {
        retryAfter: 1,
      });
    }
    this.admitted += 1;
    try {
      return await work({
        hash: password => this.turn(() => this.hasher.hash(password)),
        verify: (encoded, password) => this.turn(() => this.hasher.verify(encoded, password)),
      });
    } finally {
      this.admitted -= 1;
    }
  }

  /** First come, first served. */
  private async turn<T>(job: () => Promise<T>): Promise<T> {
    if (this.running < this.bounds.PASSWORD_HASH_CONCURRENCY) this.running += 1;
    // Whoever ends hands its place over, so `running` stays as it is.
    else await new Promise<void>(resolve => this.waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
