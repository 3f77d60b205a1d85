import { createHash } from 'node:crypto';
import { issuedTokenSchema, type IssuedToken } from '@countersign/contracts';
import type { ServiceClient } from '@countersign/platform';

const POSITIVE_MS = 60_000;
const NEGATIVE_MS = 5_000;
/** Before a token's own end, so that it does not run out between here and the service. */
const MARGIN_MS = 5_000;
const EXCHANGE_MS = 5_000;
const API_KEY = /^csk_[a-z0-9-]{2,32}\.[A-Za-z0-9_~.-]{8,256}$/;

export function isApiKey(token: string): boolean {
  return token.startsWith('csk_');
}

interface Kept {
  token: string | undefined;
  until: number;
}

/**
 * Exchanges API keys for access tokens at auth-mfa. An exchange is kept for at most 60 s, a refusal for 5 s, a failure not at
 * all; one key is never exchanged twice at the same time. Keys are held as hashes only.
 */
export class ApiKeys {
  private readonly kept = new Map<string, Kept>();
  private readonly running = new Map<string, Promise<string | undefined>>();

  constructor(
    private readonly authMfa: Pick<ServiceClient, 'call'>,
    private readonly maxKept = 10_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** Whether an exchange would be a question to auth-mfa. */
  isKnown(key: string): boolean {
    return !API_KEY.test(key) || this.fresh(hashOf(key)) !== undefined;
  }

  /**
   * The access token of a key; undefined when the key is unknown, expired or revoked.
   * @throws DomainError 503 when auth-mfa does not answer
   */
  async tokenOf(key: string): Promise<string | undefined> {
    if (!API_KEY.test(key)) return undefined;
    const hash = hashOf(key);
    const kept = this.fresh(hash);
    if (kept) return kept.token;
    let exchange = this.running.get(hash);
    if (!exchange) {
      exchange = this.exchange(key, hash).finally(() => this.running.delete(hash));
      this.running.set(hash, exchange);
    }
    return exchange;
  }

  /** Forgets the token that a key was exchanged for, because it was revoked meanwhile. */
  forget(key: string): void {
    this.kept.delete(hashOf(key));
  }

  private fresh(hash: string): Kept | undefined {
    const kept = this.kept.get(hash);
    return kept && kept.until > this.now() ? kept : undefined;
  }

  private async exchange(key: string, hash: string): Promise<string | undefined> {
    const issued: IssuedToken | undefined = await this.authMfa.call({
      method: 'POST',
      path: '/internal/api-keys/exchange',
      body: { key },
      deadlineMs: EXCHANGE_MS,
      answer: issuedTokenSchema,
      absentOn: [401, 404],
    });
    const until = issued
      ? Math.min(this.now() + POSITIVE_MS, Date.parse(issued.expiresAt) - MARGIN_MS)
      : this.now() + NEGATIVE_MS;
    this.kept.delete(hash);
    this.kept.set(hash, { token: issued?.accessToken, until });
    this.trim();
    return issued?.accessToken;
  }

  private trim(): void {
    for (const hash of this.kept.keys()) {
      if (this.kept.size <= this.maxKept) return;
      this.kept.delete(hash);
    }
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
