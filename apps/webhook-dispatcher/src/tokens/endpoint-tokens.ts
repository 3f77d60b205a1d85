import { issuedTokenSchema, type EndpointTokenRequest } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { CONFIG, ServiceRuntime, type ServiceClient } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';
import type { Endpoint } from '../endpoints/endpoint.js';

const CALL_DEADLINE_MS = 2_000;
/** A failure is remembered for so long, so that a thousand waiting deliveries ask once. */
const FAILURE_MS = 1_000;

interface Kept {
  roles: string;
  token: Promise<string>;
  /** The same when it is there, and the endpoint's settings that it was asked for with. */
  issued?: string;
  settings: Endpoint['token'];
  /** Milliseconds since the epoch. */
  renewAt: number;
  /** The same by performance.now(): whichever comes first, so that a clock set back keeps no token beyond its life. */
  renewAtSteady: number;
}

/**
 * Access tokens of the endpoints' own principals, from auth-mfa: one per endpoint, kept until half its life is over. Without
 * one nothing is sent.
 */
@Injectable()
export class EndpointTokens {
  private readonly client: ServiceClient;
  private readonly kept = new Map<string, Kept>();

  constructor(runtime: ServiceRuntime, @Inject(CONFIG) config: WebhookDispatcherConfig) {
    this.client = runtime.client('auth-mfa', config.AUTH_MFA_URL);
  }

  /** The token where one is there: what nearly every attempt gets, without waiting for anything. */
  present(endpoint: Pick<Endpoint, 'id' | 'token'>): string | undefined {
    const known = this.kept.get(endpoint.id);
    return known?.settings === endpoint.token && isFresh(known) ? known.issued : undefined;
  }

  /** @throws DomainError `unavailable` when auth-mfa gives none at the moment */
  get(endpoint: Pick<Endpoint, 'tenantId' | 'id' | 'token'>): Promise<string> {
    const roles = `${[...endpoint.token.roles].sort().join(' ')} ${endpoint.token.ttlSeconds}`;
    const known = this.kept.get(endpoint.id);
    if (known && known.roles === roles && isFresh(known)) {
      known.settings = endpoint.token;
      return known.token;
    }
    return this.refresh(endpoint, roles);
  }

  /** Tells auth-mfa the endpoint's present roles, which voids tokens with others. */
  async update(endpoint: Pick<Endpoint, 'tenantId' | 'id' | 'token'>): Promise<void> {
    this.kept.delete(endpoint.id);
    await this.get(endpoint);
  }

  /** Voids all tokens of the endpoint and removes its principal; repeating it is safe. */
  async revoke(tenantId: TenantId, endpointId: string): Promise<void> {
    this.kept.delete(endpointId);
    await this.client.call({
      method: 'DELETE',
      path: `/internal/endpoint-tokens/${endpointId}`,
      tenantId,
      deadlineMs: CALL_DEADLINE_MS,
      absentOn: [404],
    });
  }

  private refresh(
    { tenantId, id, token }: Pick<Endpoint, 'tenantId' | 'id' | 'token'>,
    roles: string,
  ): Promise<string> {
    const kept: Kept = {
      roles,
      token: undefined as never,
      settings: token,
      renewAt: Infinity,
      renewAtSteady: Infinity,
    };
    kept.token = this.issue(tenantId, { endpointId: id, ...token }).then(
      issued => {
        keep(kept, (token.ttlSeconds * 1_000) / 2);
        kept.issued = issued.accessToken;
        return issued.accessToken;
      },
      (error: unknown) => {
        keep(kept, FAILURE_MS);
        throw error;
      },
    );
    this.kept.set(id, kept);
    return kept.token;
  }

  private async issue(tenantId: TenantId, body: EndpointTokenRequest) {
    const issued = await this.client.call({
      method: 'POST',
      path: '/internal/endpoint-tokens',
      tenantId,
      body,
      deadlineMs: CALL_DEADLINE_MS,
      answer: issuedTokenSchema,
    });
    return issued!;
  }
}

function isFresh({ renewAt, renewAtSteady }: Kept): boolean {
  return Date.now() < renewAt && performance.now() < renewAtSteady;
}

function keep(kept: Kept, ms: number): void {
  kept.renewAt = Date.now() + ms;
  kept.renewAtSteady = performance.now() + ms;
}
