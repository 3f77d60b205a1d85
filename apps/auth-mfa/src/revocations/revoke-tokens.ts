import type { Revocation } from '@countersign/contracts';
import type { Clock } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_TOKEN_SECONDS, CLOCK_SLACK_SECONDS } from '../tokens/token-lives.js';
import { RevocationRepository } from './revocation.repository.js';

/** So far the clocks of two replicas of this service may differ without a token slipping through, in seconds. */
const REPLICA_SKEW_SECONDS = 1;

export interface TokensToRevoke {
  kind: Revocation['kind'];
  /** jti, session ids, ids of users or principals, or the tenant's slug, as `kind` says. */
  subjects: readonly string[];
  /** `token_stale` where a refresh gives a good one; `token_revoked` by default. */
  code?: Revocation['code'];
  /** The longest that such a token can live, in seconds; a person's access token by default. */
  longestLife?: number;
}

/**
 * Voids tokens that are out already, in the transaction of the change that voids them; every verifier hears of it within
 * 2 s. `iat` has whole seconds, so the boundary lies after the current one. Tokens issued from then on get an `iat` that
 * reaches it (`IssueAccessToken`), so a refresh at once is not refused; the next boundary lies above that again.
 */
@Injectable()
export class RevokeTokens {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly revocations: RevocationRepository,
  ) {}

  /** The caller holds the row that tokens of the subjects are issued under, or ends it for good. */
  async execute(tx: TenantTransaction, { kind, subjects, code, longestLife }: TokensToRevoke): Promise<void> {
    if (subjects.length === 0) return;
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const expiresAt = now + (longestLife ?? ACCESS_TOKEN_SECONDS) + CLOCK_SLACK_SECONDS;
    // A session that has ended never gets another token: all of its tokens are void, whenever they say they were issued.
    const ended = kind === 'session' || kind === 'token';
    const issuedBefore = ended ? expiresAt : await this.nextBoundary(tx, now, kind === 'tenant' ? 'all' : subjects);
    await this.revocations.add(
      tx,
      subjects.map(subject => ({ kind, subject, code: code ?? 'token_revoked', issuedBefore, expiresAt })),
    );
  }

  private async nextBoundary(tx: TenantTransaction, now: number, userIds: readonly string[] | 'all'): Promise<number> {
    return Math.max(now + 1 + REPLICA_SKEW_SECONDS, (await this.revocations.latestBoundary(tx, userIds)) + 1);
  }
}
