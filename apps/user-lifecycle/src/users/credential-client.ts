import type { SetCredential } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import { CONFIG, ServiceRuntime, type ServiceClient } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { UserLifecycleConfig } from '../config.js';

const DEADLINE_MS = 5_000;

/** Sets a user's first credential at auth-mfa, right before the user's commit. Never called while a transaction is open. */
@Injectable()
export class CredentialClient {
  private readonly authMfa: ServiceClient;

  constructor(runtime: ServiceRuntime, @Inject(CONFIG) config: UserLifecycleConfig) {
    this.authMfa = runtime.client('auth-mfa', config.AUTH_MFA_URL);
  }

  /**
   * Whether the policy takes a first password: asked before the tenant is, so that a weak one has no effect outside.
   * @throws DomainError 422 naming `/password`, 503 when auth-mfa is away
   */
  async checkPassword(tenantId: TenantId, login: string, password: string): Promise<void> {
    await this.authMfa.call({
      method: 'POST',
      path: '/internal/password-policy/check',
      tenantId,
      body: { login, password },
      deadlineMs: DEADLINE_MS,
    });
  }

  /** Idempotent on the user's id. @throws DomainError 422 naming `/password` when the policy refuses it, 503 when auth-mfa is away */
  async setFirst(tenantId: TenantId, userId: string, credential: SetCredential): Promise<void> {
    await this.authMfa.call({
      method: 'PUT',
      path: `/internal/credentials/${encodeURIComponent(userId)}`,
      tenantId,
      body: credential,
      deadlineMs: DEADLINE_MS,
    });
  }
}
