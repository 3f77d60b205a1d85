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
 * 2 s. `iat` has whole seconds, so the boundary lies after the current one; tokens issued from then on get an `iat` that
 * reaches it (`IssueAccessToken`), so a refresh at once is not refused.
 */
@Injectable()
export class RevokeTokens {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly revocations: RevocationRepository,
  ) {}

  async execute(tx: TenantTransaction, what: TokensToRevoke): Promise<void> {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const issuedBefore = now + 1 + REPLICA_SKEW_SECONDS;
    const expiresAt = now + (what.longestLife ?? ACCESS_TOKEN_SECONDS) + CLOCK_SLACK_SECONDS;
    await this.revocations.add(
      tx,
      what.subjects.map(subject => ({
        kind: what.kind,
        subject,
        code: what.code ?? 'token_revoked',
        issuedBefore,
        expiresAt,
      })),
    );
  }
}
