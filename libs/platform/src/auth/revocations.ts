import { revocationLineSchema, type AccessTokenClaims, type Revocation } from '@countersign/contracts';
import { DomainError } from '@countersign/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { SERVICE_HEADER, type ServiceTokens } from './service-tokens.js';

const SILENCE_MS = 10_000;

/**
 * The revocations that every verifier holds in memory, fed by auth-mfa's cursor stream: a revoked token is refused everywhere
 * within 2 s. Before the first load callers get 503 `starting`; after 10 s of silence 503 `revocation_unavailable`, because a
 * verifier that no longer hears of revocations must not go on accepting tokens.
 */
export class Revocations {
  private readonly bySubject = new Map<string, Revocation>();
  private cursor = '';
  private loaded = false;
  private lastHeard = 0;
  private stopped = new AbortController();
  private readonly agent = new Agent({ bodyTimeout: SILENCE_MS, headersTimeout: SILENCE_MS, connections: 1 });

  constructor(
    private readonly authUrl: string,
    private readonly tokens: ServiceTokens,
  ) {}

  start(): void {
    void this.follow();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.agent.destroy();
  }

  get state(): 'ready' | 'starting' | 'silent' {
    if (!this.loaded) return 'starting';
    return performance.now() - this.lastHeard > SILENCE_MS ? 'silent' : 'ready';
  }

  /** @throws DomainError 503 while not ready, 401 `token_revoked` or `token_stale` */
  check(claims: AccessTokenClaims): void {
    const state = this.state;
    if (state === 'starting') {
      throw new DomainError('starting', 'unavailable', 'The service is starting; try again in a moment', {
        retryAfter: 1,
      });
    }
    if (state === 'silent') {
      throw new DomainError('revocation_unavailable', 'unavailable', 'Revoked tokens cannot be told at the moment', {
        retryAfter: 2,
      });
    }
    const subjects = [
      `token:${claims.jti}`,
      `session:${claims.sid}`,
      `user:${claims.userId}`,
      `tenant:${claims.tenantId}`,
    ];
    for (const subject of subjects) {
      const found = this.bySubject.get(`${claims.tenantId}|${subject}`);
      if (found && claims.iat < found.issuedBefore) {
        throw new DomainError(
          found.code,
          'unauthenticated',
          found.code === 'token_stale' ? 'The token is out of date: refresh it' : 'The token was revoked',
        );
      }
    }
  }

  private apply(revocation: Revocation): void {
    const key = `${revocation.tenantId}|${revocation.kind}:${revocation.subject}`;
    const known = this.bySubject.get(key);
    // A final revocation outranks a stale mark of the same or an earlier time.
    if (known && known.issuedBefore > revocation.issuedBefore) return;
    if (known?.code === 'token_revoked' && known.issuedBefore === revocation.issuedBefore) return;
    this.bySubject.set(key, revocation);
  }

  private prune(): void {
    const now = Date.now() / 1000;
    for (const [key, revocation] of this.bySubject) if (revocation.expiresAt < now) this.bySubject.delete(key);
  }

  private async follow(): Promise<void> {
    const signal = this.stopped.signal;
    while (!signal.aborted) {
      try {
        const url = new URL(`/internal/revocations?cursor=${encodeURIComponent(this.cursor)}`, this.authUrl);
        const headers = { [SERVICE_HEADER]: await this.tokens.tokenFor('auth-mfa') };
        const { statusCode, body } = await request(url, { headers, signal, dispatcher: this.agent });
        if (statusCode !== 200) await body.dump();
        else await this.read(body);
      } catch {
        // auth-mfa is down or the stream broke: `state` tells callers once the silence is too long.
      }
      await delay(250, undefined, { signal }).catch(() => undefined);
    }
  }

  private async read(body: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    let caughtUp = false;
    for await (const chunk of body) {
      rest += chunk.toString();
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const line = revocationLineSchema.parse(JSON.parse(rest.slice(0, end)));
        rest = rest.slice(end + 1);
        this.cursor = line.cursor;
        if (line.revocation) this.apply(line.revocation);
        caughtUp ||= line.caughtUp === true;
        // Until all that was missed has come, this verifier does not know yet what to refuse.
        if (caughtUp) {
          this.loaded = true;
          this.lastHeard = performance.now();
        }
        if (!line.revocation) this.prune();
      }
    }
  }
}
