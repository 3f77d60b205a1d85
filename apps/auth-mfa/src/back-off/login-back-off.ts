import { createHmac } from 'node:crypto';
import { loginKey } from '@countersign/contracts';
import { currentContext, DomainError, type Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { SigningKeys } from '../tokens/signing-keys.js';
import { afterFailure, afterSuccess, secondsToWait } from './back-off.js';
import { clientNetwork } from './client-network.js';
import { LoginBackOffRepository, type BackOffKey } from './login-back-off.repository.js';

/**
 * Slows guessing down without locking anybody out: failures count for a login from the client's network, and only beyond
 * 100 an hour for the login as a whole. Logins that do not exist count alike.
 */
@Injectable()
export class LoginBackOff {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly keys: SigningKeys,
    private readonly repository: LoginBackOffRepository,
  ) {}

  /** The key of a login from where the request under way comes from. */
  async keyOf(tenant: string, login: string): Promise<BackOffKey> {
    const secret = await this.keys.macKey();
    const mac = (...parts: string[]) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
    const name = loginKey(login);
    return {
      loginMac: mac('login', tenant, name),
      networkMac: mac('network', tenant, name, clientNetwork(currentContext()?.clientIp)),
    };
  }

  /** Before any hashing. @throws DomainError 429 `too_many_attempts` with Retry-After */
  async expectOpen(tx: TenantTransaction, key: BackOffKey): Promise<void> {
    const wait = secondsToWait(await this.repository.read(tx, key), this.clock.now());
    if (wait > 0) throw this.tooManyAttempts(wait);
  }

  /**
   * Counts a failure. Attempts that ran in parallel with the one that closed the door are not told how they ended: only
   * as many outcomes as are free are ever shown, whatever the order.
   * @returns seconds to wait when the outcome must not be told, else 0
   */
  noteFailure(tx: TenantTransaction, key: BackOffKey): Promise<number> {
    return this.note(tx, key, afterFailure);
  }

  /** Counts a success. @returns as noteFailure: then it must not count as one */
  noteSuccess(tx: TenantTransaction, key: BackOffKey): Promise<number> {
    return this.note(tx, key, afterSuccess);
  }

  tooManyAttempts(wait: number): DomainError {
    return new DomainError('too_many_attempts', 'rate_limited', 'Too many failed attempts; wait before the next one', {
      retryAfter: wait,
    });
  }

  private async note(tx: TenantTransaction, key: BackOffKey, next: typeof afterFailure): Promise<number> {
    const now = this.clock.now();
    const records = await this.repository.hold(tx, key, now);
    const wait = secondsToWait(records, now);
    if (wait > 0) return wait;
    await this.repository.save(tx, key, next(records, now), now);
    return 0;
  }
}
